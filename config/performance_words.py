"""The words of the settings about people: their phones, duty roster, shifts, attendance, scores. `config.setting_descriptions` takes
them in; each is a pair of Chinese and English."""

TABLES: dict[str, tuple[str, str]] = {
    "phone": ("手机取号和预约（docs/phone.md）；不写为都不开通", "numbers and bookings by phone (docs/phone.md); absent: neither"),
    "performance": ("考勤与月度评分的界限：几分钟算迟到、离岗，几分得五星，几名得红旗（docs/performance.md）", "bounds of attendance and of the monthly scores (docs/performance.md)"),
    "roster": ("值班表，综合屏显示营业日当天的", "the duty roster; the board shows that of the business day"),
    "shift": ("班次：谁几点在岗，谁顶岗（AB 岗）；不写则不计迟到、早退、缺勤", "shifts: who is to be there when, and who stands in (AB posts); without one nobody is late, early or absent"),
    "score": ("月度评分的公式，一行一项；人员、窗口各自的权重合计 100；不写则不评分", "the formula of the monthly scores, a row a figure; the weights of clerks, and of windows, sum to 100; without one there are no scores"),
}  # fmt: skip

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "phone": {
        "take": ("here：扫取号机或综合屏上每分钟变化的二维码，在手机上取号；remote：不在大厅也能取，到大厅签到后才叫号；不写为不开通", "here: a number is taken on a phone that has scanned the code of the minute at a kiosk or board; remote: also from elsewhere, and called once it is checked in here; absent: none"),
        "arrive_minutes": ("不在大厅取的号，几分钟内要到大厅签到，过时作废", "minutes in which a number taken elsewhere is to be checked in; after that it expires"),
        "per_day": ("一部手机一天最多取几个号；0 不限", "numbers that one phone may take on a day; 0: no limit"),
        "book": ("开通预约页面 /book", "the booking page /book is open"),
        "no_shows": ("no_show_days 天内几次预约不到，暂停预约（仍可取号）；0 不设", "so many bookings not come to within no_show_days, and one may not book (but always take a number); 0: never"),
        "no_show_days": ("爽约记多少天", "days for which a booking not come to counts"),
    },
    "performance": {
        "late_minutes": ("晚到几分钟以内不算迟到", "so many minutes after the beginning of a shift is on time"),
        "early_minutes": ("早走几分钟以内不算早退", "so many minutes before its end is on time"),
        "away_minutes": ("离岗超过几分钟记一次（休息时段不算）", "away from the window for longer is noted; planned breaks are not"),
        "ranked_weight": ("有数字的权重至少百分之几才排名", "so much of the weight, in per cent, must have a figure for a place in the ranking"),
        "peer_bonus": ("互评前几名加几分，如 [3, 2, 1]", "points for the first places of the peer ratings, such as [3, 2, 1]"),
        "points_max": ("加分后最高几分", "a score with its bonus is never over it"),
        "star_points": ("五星级窗口：至少几分", "five-star windows: at least so many points"),
        "stars_max": ("五星级窗口：前几名", "five-star windows: the first so many places"),
        "flags": ("流动红旗：前几名", "red flags: the first so many places"),
    },
    "roster": {
        "role": ("职责，如带班领导、值班长、咨询、投诉受理", "the role, such as leader on duty, complaints"),
        "name": ("值班人员姓名", "who"),
        "role_en": ("职责（英文）", "the role in English"),
        "name_en": ("姓名（英文）", "the name in English"),
        "title": ("职务", "the person's title"),
        "title_en": ("职务（英文）", "the title in English"),
        "phone": ("值班电话", "phone"),
        "weekdays": ("星期几；空为每天", "weekdays; empty: every day"),
        "first": ("从哪天起；同一职责写了日期的先于只写星期的", "first day; an entry with dates stands before one without, role by role"),
        "last": ("到哪天止", "last day"),
    },
    "shift": {
        "name": ("班次名称，如早班", "its name, such as early shift"),
        "staff": ("谁：工号", "who: staff numbers"),
        "hours": ("几点到几点，中间是休息；空为大厅当天的时间", "from and to, between them a break; empty: the hall's hours of that day"),
        "backup": ("顶岗的人（AB 岗）：工号", "who stands in for them (AB posts): staff numbers"),
        "window": ("在哪个窗口；空为任意", "at which window; empty: any"),
        "weekdays": ("星期几；空为大厅开门的每天", "weekdays; empty: every day the hall is open"),
        "first": ("从哪天起", "first day"),
        "last": ("到哪天止", "last day"),
    },
    "score": {
        "figure": ("算什么：good-share 好评率、rating-mean 平均评价、rated-share 评价率、bad-ratings 差评数、complaints 投诉数、told-once 一次告知率、on-time 按时办结率、attendance 出勤率、punctuality 准时率、away 离岗次数、peer 互评、served 接待数、inspections 检查问题数", "which figure; shares in per cent"),
        "weight": ("占几分", "its points, of 100"),
        "full": ("到多少得满分（率为百分数）", "the value that is worth all of them; shares in per cent"),
        "zero": ("到多少不得分；越少越好的写得比满分大", "the value that is worth nothing; above `full` where less is better"),
        "of": ("谁的：clerk 人员、window 窗口", "whose: clerk or window"),
        "minimum": ("少于几次（评价、天数、办件）就没有这个数", "with fewer ratings, days or cases there is no figure"),
    },
}  # fmt: skip
