"""Tables for papers: a layout of cells, and the formats that set it."""
