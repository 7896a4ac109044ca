"""Charts as inline SVG: matplotlib draws the geometry, the page's style sheet colours it."""
