"""A protocol that is written down: read, searched for holes, drawn, tried on a server.

    source, spec  protocol.toml as objects; what is not written as FORMAT.md says
    lines         a line of a protocol taken apart, and lines that could come
    lint          the holes, as sentences about what will happen
    transcripts   what was said, line by line: is it possible?
    folder        a protocol with its transcripts, and all findings
    draw, page    the states and the transcripts as pictures, and the page to read
    checks        for the checks of lesson 10; says the transcripts to a server
    show, tool    for its notebook; `python lessons/socklab protocol FOLDER`

Only checks and show need the bench; draw has its font from there.
"""
