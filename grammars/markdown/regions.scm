; The parser gives underlined headings no section of their own, so sections are cut here, by level: each runs
; to the next heading of its level or a higher one.
(atx_heading (atx_h1_marker) heading_content: (inline)? @name) @open.section.1
(atx_heading (atx_h2_marker) heading_content: (inline)? @name) @open.section.2
(atx_heading (atx_h3_marker) heading_content: (inline)? @name) @open.section.3
(atx_heading (atx_h4_marker) heading_content: (inline)? @name) @open.section.4
(atx_heading (atx_h5_marker) heading_content: (inline)? @name) @open.section.5
(atx_heading (atx_h6_marker) heading_content: (inline)? @name) @open.section.6
(setext_heading heading_content: (paragraph) @name (setext_h1_underline)) @open.section.1
(setext_heading heading_content: (paragraph) @name (setext_h2_underline)) @open.section.2
