# A marimo notebook: marimo edit flows/notebooks/run.py -- --run data/workspace/latest
# It opens a run folder, shows its main charts, and makes their numbers again from the papers.

import marimo

app = marimo.App(width="medium", app_title="A run of papertrends")


@app.cell
def _():
    from pathlib import Path

    import marimo as mo
    import pandas as pd

    from analytics.trends.shares import wilson_interval
    from flows.runs import read_run
    from reports.charts.run_charts import plot_charts
    from reports.view import RunView

    return Path, RunView, mo, pd, plot_charts, read_run, wilson_interval


@app.cell
def _(Path, mo, read_run):
    folder = Path(mo.cli_args().get("run") or "data/workspace/latest")
    tables, manifest = read_run(folder.resolve())
    mo.md(
        f"# {manifest['title']}, as of {str(manifest['as_of'])[:10]}\n\n"
        f"{len(tables.papers):,} papers, {len(tables.themes)} themes, {len(tables.topics)} topics; `{folder}`"
    )
    return folder, manifest, tables


@app.cell
def _(RunView, manifest, mo, plot_charts, tables):
    charts = plot_charts(RunView(tables, manifest))
    mo.Html(charts["themes"].svg) if "themes" in charts else mo.md("No theme has a dated paper.")
    return (charts,)


@app.cell
def _(mo, tables):
    # What was tested, the surest first: the whole span, the newest months, and whether it keeps moving.
    claims = tables.verdicts[tables.verdicts["verdict"] != "insufficient"].sort_values("q_value")
    mo.ui.table(claims, page_size=12)
    return (claims,)


@app.cell
def _(mo, tables):
    names = dict(zip(tables.themes["name"], tables.themes["theme_id"], strict=True))
    theme = mo.ui.dropdown(names, value=next(iter(names), None), label="Theme")
    theme
    return names, theme


@app.cell
def _(pd, tables, theme, wilson_interval):
    # The shares of the chart, made again from the papers and their themes.
    told = tables.trends.query("kind == 'theme' and series_id == @theme.value").set_index("period_start")
    dated = tables.papers.dropna(subset=["published"])
    dated = dated[~dated["date_fault"].eq("before_1900").fillna(False)]
    own = tables.theme_assignments.query("theme_id == @theme.value")["paper_id"]
    edges = [*told.index, told["period_end"].iloc[-1]] if len(told) else []

    def papers_a_period(papers: pd.DataFrame) -> pd.Series:
        return pd.cut(papers["published"], edges, right=False, labels=told.index).value_counts(sort=False)

    if len(told):
        n, total = papers_a_period(dated[dated["paper_id"].isin(own)]), papers_a_period(dated)
        low, high = wilson_interval(n.to_numpy(), total.to_numpy())
        again = pd.DataFrame({"n": n, "total": total, "share": n / total, "low": low, "high": high})
        differing = int((n.to_numpy() != told["n_papers"].to_numpy()).sum())
    else:
        again, differing = pd.DataFrame(), 0
    return again, differing, own, told


@app.cell
def _(again, charts, differing, manifest, mo, names, theme):
    stem = f"theme-{theme.value}"
    mo.vstack(
        [
            mo.Html(charts[stem].svg) if stem in charts else mo.md("This theme has no dated paper."),
            mo.md(f"Made again from the papers: {differing} of {len(again)} periods differ."),
            again,
        ]
    )
    return


@app.cell
def _(mo, own, tables):
    papers = tables.papers[tables.papers["paper_id"].isin(own)].sort_values("published", ascending=False)
    mo.ui.table(papers[["published", "title", "organization", "upvotes", "topic_id", "url"]], page_size=12)
    return (papers,)


if __name__ == "__main__":
    app.run()
