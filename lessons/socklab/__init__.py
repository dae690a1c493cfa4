"""The lab bench: runs a student's program as it is, sees every socket call, and judges it.

The grader's side, from the ground up; imports go in one direction, towards the ground:

    wire                      messages between processes
    killing, hub              starting, reaching and ending processes
    tape, failure, addresses  what happened; why a check failed; virtual ports
    exchange                  the proof that all programs are still
    peer, program, module     what a check talks to
    ladder, diagram           the tape as a picture
    evidence, hints, report   the words
    submission                whose files are graded
    lesson, plugin, notebook  the three ways in: checks, pytest, notebooks
    watch, talk, doctor       the tools for students, which __main__ finds

`warden` is a process of its own, between the grader and the programs.  The package `tap`
runs inside each program and shares nothing with the grader but `wire`.
"""
