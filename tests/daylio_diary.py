"""A small synthetic Daylio export."""

DIARY = (
    "\ufefffull_date,date,weekday,time,mood,activities,note_title,note\n"
    '2024-03-03,3 March,Sunday,9:15 pm,rad,friends | good meal,,"A long walk<br>with ""Ada"""\n'
    "2024-03-03,3 March,Sunday,08:05,meh,,,\n"
    "2024-03-02,2 March,Saturday,7:40 am,good,reading,Harbour,Ships and gulls at the harbour\n"
    "2024-03-01,1 March,Friday,10:00 PM,awful,work,,<b>Too long</b> a day\n"
)
"""Four entries, on both kinds of clock."""
