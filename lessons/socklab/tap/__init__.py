"""The tap: what a student's program finds instead of sockets, threads, clocks and streams.

It is loaded before the program, into its process, so it imports as little as it can.
"""
