"""Charts: figures, SVG text, scales, colors, and the values behind each chart."""
