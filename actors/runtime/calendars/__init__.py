"""Calendars of others (iCalendar, RFC 5545): fetched, read and expanded in a process of their own.

A file of a stranger may be anything: a bomb, a rule by the second, an address that leads inside.
Whatever it does, it does to a process that has a guard, little memory and few seconds.
"""
