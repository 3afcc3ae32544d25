"""Answers run in a process of their own, in as strong an isolation as there is."""
