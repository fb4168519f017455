"""Pictures of reports, from what the reports say alone.

`gallery` knows which there are; `board` is what they are drawn on, in pixels from the top left;
`theme`, `lettering` and `words` are its colours, letters and local words; `parts` and `axes` are
what several pictures share. Everything here imports matplotlib: load it on first use, and draw in
one thread.
"""
