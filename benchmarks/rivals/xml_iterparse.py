"""A loop over xml.etree.ElementTree.iterparse, as in many a script."""

import sys
from xml.etree import ElementTree as ET

rows = []
for _, element in ET.iterparse(sys.argv[1]):
    if element.tag in ("httpSample", "sample"):
        rows.append((element.get("ts"), element.get("t"), element.get("lb"), element.get("s")))
        element.clear()
print(len(rows))
