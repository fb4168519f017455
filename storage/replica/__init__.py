"""What rooms keep of the nouns of others: declared, never written by hand.

`nouns` says what there is to keep, `tables` lays it out in the schema of the room that follows,
`replica` writes a whole batch in one statement a noun, and `backfills` remembers which room was
told what there was before it followed.
"""
