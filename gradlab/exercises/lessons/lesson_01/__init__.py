"""Lesson 1: derivatives by differences."""
