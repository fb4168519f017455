"""The demo person: half a year of habits, moods and diary, to look around with."""
