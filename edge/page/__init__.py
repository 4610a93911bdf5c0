"""The live page (`--page`): a web page that a live command serves. docs/page.md describes it.

The server runs in a thread of its own, and the recognition never waits for it. `sink` and
`live_view` run in the thread of the recognition and pass finished messages on; `server`, `routes`
and `clients` run in the thread of the server.
"""
