(section . (atx_heading heading_content: (inline) @name)) @region.section
(section . (setext_heading heading_content: (paragraph) @name)) @region.section
