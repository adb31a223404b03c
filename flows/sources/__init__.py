"""Sources of papers: one module per service parses, `recognition` reads files and folders.

Every `parse_` function takes the text of one answer, its `location` (file or address) for messages and the
feed, and the `day` of the look, and raises `InputError` where the text is not of its format. Every `read_`
function takes a `SourceFile` and gives its feeds in parts; it raises `InputError` where the file cannot be
read, is empty, or holds no paper.
"""
