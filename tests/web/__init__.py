"""The web app in a real browser; a package, so that one worker has one browser and one Ritmo."""
