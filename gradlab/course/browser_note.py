"""What a lesson says on top where it is opened in the browser, with nothing installed.

It is given out with the lesson: `gradlab grade` must not take it for a learner's words.
"""

NOTE = """\
**This is the course in your browser: nothing is installed.** The first cell that you run takes
half a minute while Python is fetched; after that, everything works as in JupyterLab.

**Your work is kept in this browser only.** Save it with Ctrl + S (on a Mac, ⌘ S). It is still here
when you come back to this page on this device, unless you clear the browser's data or use a
private window. To get it as a file, or to hand it in, choose **Download**, above. To start over,
choose **File → Open…**, delete the lesson in the list, and reload this page."""
