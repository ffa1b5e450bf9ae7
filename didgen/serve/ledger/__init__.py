"""What the server must not forget, in one SQLite file: jobs, files, calls to webhooks, small things.

Order of writing (`didgen/serve/README.md` has the reasons): a file before its row, a job's row before its 201, a video
before `done`, `done` and the call that tells of it in one transaction; the row before the file when something is
deleted.
"""
