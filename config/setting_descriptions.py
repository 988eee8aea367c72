"""What every setting is for, in Chinese and English: the one place for it. docs/settings.md is made from here, and a test
fails when a setting has no words or words have no setting."""

from typing import NamedTuple

from config import delivery_words, fee_settings, performance_words, shown_words


class SettingWords(NamedTuple):
    zh: str
    en: str


TABLES: dict[str, SettingWords] = {
    "hall": SettingWords("大厅本身（必有，一个）", "the site itself (required, one)"),
    "listen": SettingWords("各进程监听的地址", "where the processes listen"),
    "rules": SettingWords("带数字的规则", "rules with numbers"),
    "calendar": SettingWords("哪些日子办公；法定节假日与调休取自国务院通知（已知到 2026 年）", "on which days the hall works; holidays and make-up workdays come from the national notice (known up to 2026)"),
    "accounts": SettingWords("人员账户：工作人员要不要用工号和口令登录（hallcall account）", "accounts of persons: whether staff sign in with a number and a password (hallcall account)"),
    "feedback": SettingWords("投诉、举报、建议、表扬、咨询：回执、期限和答复；不写为只收意见，到访的投诉照旧跟办", "complaints, reports, suggestions, praise and consultations: receipt, due date, answer; absent: letters only, and complaints about a visit as before"),
    "cases": SettingWords("办件、时限和补正凭证；不写为只记结果和告知单，不立办件", "cases, their clocks, and vouchers to come back with papers; absent: outcomes and notices only"),
    "alarms": SettingWords("从多少起告警；0 为不告警，计划休息时不告警", "from when on something is an alarm; 0: never. What rests in a planned break raises none"),
    "ratings": SettingWords("差评整改和可核对的评价；不写为只答复，不分步", "bad ratings put right step by step, and ratings one can check; absent: they are just answered"),
    "class": SettingWords("优先类别（必有 ordinary）", "priority classes ('ordinary' is required)"),
    "department": SettingWords("部门，即窗口单位", "departments"),
    "queue": SettingWords("队列：一个号码系列（至少一个）", "queues: one series of numbers each (at least one)"),
    "area": SettingWords("大厅的区域，和怎么走", "parts of the hall, and the way there"),
    "window": SettingWords("窗口（至少一个）", "windows (at least one)"),
    "item": SettingWords("事项，可写在这里或 CSV 里（列名相同，列表用 ; 分开）", "items, here or in a CSV with the same column names; lists parted by ;"),
    "device": SettingWords("设备", "devices"),
    "kiosk": SettingWords("取号机", "kiosks"),
    "reason": SettingWords(
        "大厅自己的清单：暂停的原因、暂停办理的原因、给等候群众的通知、材料的问题、不予受理和延期的理由（窗口人员选）、差评的原因（群众选）等；某一类一条也不写，就用自带的清单",
        "the hall's lists: why a window rests, why something is suspended, what is wrong with a paper, why it is not accepted or a date extended (staff choose), why a rating is bad (applicants choose); a kind without any row has the usual list",
    ),
    "hours": SettingWords("某些星期几或逢场日的办公时间，与 [hall] 不同时才写", "hours of certain weekdays or of market days, where they differ from [hall]"),
    "day": SettingWords("与平常不同的某一天：关门，或另有时间", "one date unlike others: closed, or with hours of its own"),
    **{name: SettingWords(*both) for name, both in (performance_words.TABLES | delivery_words.TABLES | fee_settings.TABLES | shown_words.TABLES).items()},
}  # fmt: skip

LOOSE: dict[str, SettingWords] = {
    "items": SettingWords("事项 CSV 的文件名，相对本文件", "name of the CSV of items, beside this file"),
    "notices": SettingWords("综合屏上滚动的通知", "notices shown on the hall board"),
}

FIELDS: dict[str, dict[str, SettingWords]] = {
    "hall": {
        "site": SettingWords("站点编号，上报市级中心时用", "the site's id, in every export"),
        "name": SettingWords("大厅名称", "name of the hall"),
        "name_en": SettingWords("英文名称", "its English name"),
        "zone": SettingWords("时区", "time zone"),
        "opens": SettingWords("开门", "opening time"),
        "closes": SettingWords("关门", "closing time"),
        "last_ticket": SettingWords("最后取号时间", "no numbers after this"),
        "automatic_day": SettingWords("按开关门时间自动开始和结束营业日", "open and close the business day by these times"),
        "phone": SettingWords("电话", "phone"),
        "complaint_phone": SettingWords("投诉电话", "complaint phone"),
        "address": SettingWords("地址", "address"),
        "breaks": SettingWords("全厅休息时段；不约号，预计等候会避开", "planned breaks of the whole hall; no appointments then, and the expected wait knows them"),
        "first_ticket": SettingWords("几点起取号；不写为开门时，可早于开门", "numbers from this time; none: from opening. It may be before opening"),
        "area_code": SettingWords("行政区划代码，6、9 或 12 位，上报省平台时用", "the area's code, 6, 9 or 12 digits, for the province"),
        "languages": SettingWords("群众可选的语言，依次显示：zh 中文（必有）、en 英文、ug 维吾尔文（样例，未经母语者审校）；工作人员的页面总是中文和英文", "the languages applicants may choose, in this order: zh Chinese (always), en English, ug Uyghur (a sample that no native speaker has reviewed); staff pages have Chinese and English"),
    },
    "calendar": {
        "open_on": SettingWords("哪些日子办公：working-days 工作日（按国务院通知）、every-day 每天", "working days by the national notice, or every day"),
        "notice": SettingWords("新一年的放假安排，CSV 文件名，列 date,kind,name；kind 为 holiday 或 workday", "a newer notice: name of a CSV beside this file with the columns date,kind,name; kind is holiday or workday"),
        "market_days": SettingWords("公历逢场：公历日期尾数，如 [2, 5, 8]", "market days by the last digit of the date, such as [2, 5, 8]"),
        "market_lunar": SettingWords("农历逢场：农历日期尾数，如 [3, 6, 9] 是初三、初六、初九、十三……；别的日子写进 [[day]]", "market days by the last digit of the lunar date: [3, 6, 9] are the 3rd, 6th, 9th, 13th and so on of each lunar month; other days go into [[day]]"),
    },
    "hours": {
        "days": SettingWords("星期几，或 market 逢场日；写了周六、周日的那天开门", "weekdays, or market; a Saturday or Sunday named here is open"),
        "bands": SettingWords("办公时段，中间是休息", "the bands of work; between them is a break"),
        "first_ticket": SettingWords("几点起取号；不写则同平常一样早", "numbers from this time; none: as early as usual"),
        "last_ticket": SettingWords("几点停止取号；不写则同平常一样早于下班", "no numbers after this; none: as long before closing as usual"),
    },
    "day": {
        "date": SettingWords("日期", "the date"),
        "name": SettingWords("为什么，屏幕上会写", "why; screens show it"),
        "name_en": SettingWords("为什么（英文）", "why, in English"),
        "bands": SettingWords("办公时段；空为关门（逢场日除外）", "the bands of work; none: closed, unless it is a market day"),
        "market": SettingWords("是逢场日", "this is a market day"),
    },
    "listen": {
        "host": SettingWords("监听地址；默认只有本机", "address to bind; this machine only by default"),
        "caller": SettingWords("叫号服务端口，0 为任意空闲端口", "port of the caller; 0 takes any free one"),
        "web": SettingWords("网页端口", "port of the pages"),
        "kiosk": SettingWords("取号机页面端口", "port of the kiosk page"),
        "kiosk_host": SettingWords(
            "取号机页面的监听地址；host 不影响它，屏幕在另一台电脑上才需要改",
            "address of the kiosk page, whatever host is; only for a screen on another PC",
        ),
        "office": SettingWords("管理台端口", "port of the office"),
        "office_host": SettingWords(
            "管理台的监听地址；host 不影响它，要在别的电脑上打开才需要改",
            "address of the office, whatever host is; to open it on another PC",
        ),
        "public_url": SettingWords("号票二维码的开头；空为 http://host:web", "what the slip's QR starts with; empty: http://host:web"),
        "tls": SettingWords(
            "加密：auto 为大厅自己的证书（docs/tls.md），off 为明文，或 PEM 文件（证书链和私钥）；空同 off，但非本机监听时提醒",
            "encryption: auto makes the hall's own certificates (docs/tls.md), off is plain, else a PEM file (chain and "
            "key); empty: as off, with a warning where other machines can connect",
        ),
    },
    "rules": {
        "recall_max": SettingWords("最多重呼几次", "recalls of one number at most"),
        "recall_seconds": SettingWords("叫号或重呼后最少几秒才能再重呼", "from a call or recall to the next recall at least"),
        "no_show_seconds": SettingWords("叫号后最少几秒才能过号", "from a call until its no-show may be marked at least"),
        "correct_seconds": SettingWords("结束后几秒内可更正结果，0 为不可", "seconds in which the outcome of an ended reception may be corrected; 0: none"),
        "requeue_behind": SettingWords("过号后排到几个号之后", "a missed number comes back behind so many calls"),
        "requeue_max": SettingWords("过号后可回来几次", "how often a missed number may come back"),
        "away_minutes": SettingWords("离岗多少分钟报警", "alert when a clerk is away so long"),
        "hold_minutes": SettingWords("号码挂起多少分钟报警", "alert when a ticket is on hold so long"),
        "rating_seconds": SettingWords("评价器询问多少秒", "how long the evaluator asks"),
        "rating_hours": SettingWords("号票二维码多少小时内可评价", "how long the slip's QR may rate"),
        "answer_days": SettingWords(
            "投诉和差评几个工作日内答复，0 为不设", "working days to answer a complaint or a bad rating; 0: no duty"
        ),
        "appeal_days": SettingWords(
            "答复后几个工作日内可申诉", "working days in which an answer may be appealed against"
        ),
        "postpone_minutes": SettingWords("晚到可顺延多少分钟", "by how much a late applicant postpones"),
        "one_live_ticket": SettingWords("一人一事（代办时每位委托人）只有一个有效号", "one live number per person and item, and for an agent per client"),
        "agents": SettingWords("刷证后取号机询问本人办理或代办", "after a card the kiosk asks: for yourself, or for a client"),
        "helping_minutes": SettingWords("helps 没写分钟时：号码等满几分钟后帮办窗口才可叫", "of a queue in `helps` without minutes of its own: a number there may be called once it has waited so long"),
        "floating_minutes": SettingWords("号码等满几分钟后机动窗口才可叫", "a floating window may call a number once it has waited so long"),
        "closing": SettingWords("关门时还在等的人：办完或作废", "who still waits at closing: served or expired"),
        "alone_minutes": SettingWords("取号机与叫号服务断开后，用预留号段继续取号的分钟数，0 为不继续", "so many minutes a kiosk that is cut off goes on with the numbers kept for it; 0: not at all"),
        "by_hand_minutes": SettingWords("断开超过几分钟，离线号先等引导台登记人工叫号再参加叫号，0 为不等", "cut off for longer, its numbers wait until what was called by hand is noted; 0: they never wait"),
        "unended_minutes": SettingWords("下班多少分钟后，窗口没有结束的接待由系统结束：不记结果，不计入平均", "so long after closing a visit that no clerk has ended is ended by the system, without an outcome and left out of means"),
        "appointment_ahead_days": SettingWords("最少提前几天预约", "book at least so many days ahead"),
        "appointment_horizon_days": SettingWords("最多预约几个工作日内", "and at most so many working days"),
        "appointment_cancel_hours": SettingWords("最晚提前几小时取消", "cancel so many hours before at the latest"),
        "appointment_early_minutes": SettingWords("可提前多久签到", "check in so early at most"),
        "appointment_late_minutes": SettingWords("可晚到多久", "and so late at most"),
        "appointments_per_day": SettingWords("每人每天可预约几次", "appointments per person and day"),
    },
    "alarms": {
        "silent_minutes": SettingWords("来过的取号机、电脑、屏幕断开多少分钟告警；营业日开始后从未连接的也算", "a kiosk, PC or screen that was here is gone for so many minutes; or never came since the day opened"),
        "idle_minutes": SettingWords("窗口空闲多少分钟而有它能叫的人在等", "a window has no applicant for so many minutes while some wait that it may call"),
        "paused_percent": SettingWords("有人的窗口中百分之多少在暂停（至少两个）", "percent of the windows with a clerk that are paused, two at least"),
    },
    "accounts": {
        "required": SettingWords("必须登录；不写为不必，原有大厅照旧", "a person must sign in; absent: not, so that older halls go on"),
        "idle_minutes": SettingWords("多少分钟没有操作就退出登录，0 为不退出", "sign out after so many minutes without an act; 0: never"),
        "card": SettingWords("窗口屏和评价平板上，工号以外还显示账户里的什么：name 姓名、photo 照片、star 星级、party 党员标识；空为只显示工号", "what window signs and rating tablets show of who serves, beside the staff number, from the account; empty: the number alone"),
    },
    "cases": {
        "enabled": SettingWords("办结和受理是否立办件（办件号、时限、灯）", "whether a reception that ends as done or accepted makes a case: number, clock, light"),
        "warn_days": SettingWords("到期前几个工作日亮黄灯", "the light is yellow from so many working days before the due date"),
        "check_days": SettingWords("接件后几个工作日内审查材料", "working days to check papers that were received"),
        "voucher_days": SettingWords("补正凭证几个工作日内有效，回来不重新排队", "working days in which a notice of missing papers gives the way back"),
        "later_days": SettingWords("容缺受理的材料几个工作日内补齐", "working days in which papers that may follow are promised"),
        "answer_days": SettingWords("超期的问责记录几个工作日内答复", "working days to answer an accountability record"),
        "escalate_days": SettingWords("问责记录产生后几个工作日没有说明就升级告警；0 不升级", "working days after which an accountability record that was not answered is escalated; 0: never"),
        "review_days": SettingWords("办结后几个工作日内可因复议重办", "working days in which a review may open a closed case again"),
        "forms": SettingWords("文书样式：general 受理通知书等；tax 有承诺时限的打印承诺书（两份），不予受理的打印否定备案书", "which papers: general, notice of acceptance and the like; tax, a promise in two copies where there is a promised date, and a record of denial"),
        "publish": SettingWords("在网页“办理进度”下公示代办结果、超期办件：编号、事项、部门、日期、结果，没有任何人的信息", "publish results of agency cases, and what ran over, under the page of a case's progress: number, item, department, dates, result; nobody's data"),
        "inside_papers": SettingWords("同时打印内部文书：办理通知书（联办为并联审批办理通知书，税务为文书传递单），延期时打印问题处理报告单", "print the papers of the house too: notice of handling (joint approval: its own; tax: the passing-on sheet), and with an extension the owner's report"),
    },
    "feedback": {
        "enabled": SettingWords("投诉、举报、建议、表扬、咨询是否都给回执、期限和答复", "whether each complaint, report, suggestion, praise and consultation gets a receipt, a due date and an answer"),
        "days": SettingWords("几个工作日内答复", "working days to answer"),
        "windows": SettingWords("办不成事反映窗口：窗口编号，可把接待登记为反映", "windows for what cannot be got done: a reception there can be filed as a complaint"),
    },
    "ratings": {
        "rectify": SettingWords("差评按步整改：核实、回访、整改、答复、复核、公开", "bad ratings are put right step by step: verified, called back, put right, answered, reviewed, published"),
        "days": SettingWords("几个工作日内整改并答复", "working days to put it right and answer"),
        "handler_owns": SettingWords("谁办理谁负责：差评自动归经办人整改；否则由人分派", "who handled the visit owns its rectification from the start; else it is assigned by hand"),
        "case_days": SettingWords("办件决定后几个工作日内可评价；0：不评", "working days from its decision in which a case may be rated; 0: none is"),
        "call_minutes": SettingWords("留名的几分钟内回访（按办公时间）", "who left a contact is called back within so many minutes of the hall's hours"),
        "bad_in_row": SettingWords("同一窗口连续几个差评告警，0 为不告警", "so many bad ratings of a window in a row are an alarm; 0: never"),
        "rank_ratings": SettingWords("一个月少于几个评价的窗口不排名，0 为都不排", "a window with fewer ratings in a month has no rank in it; 0: no ranks"),
        "slip_root": SettingWords("号票底部印最近的当日根值", "the newest daily root stands at the foot of slips"),
    },
    "class": {
        "id": SettingWords(
            "类别：ordinary 普通、elderly 老年人、disabled 残疾人、pregnant 孕妇、soldier 军人、green 绿色通道、"
            "appointment 预约、returning 二次优先（持补正凭证回来；不写为 0 分钟）",
            "id of the class; returning: with a voucher of missing papers, 0 minutes where it is not named",
        ),
        "name": SettingWords("名称", "name"),
        "name_en": SettingWords("英文名称", "English name"),
        "target_minutes": SettingWords("目标等候；越小越先", "target wait; the smaller, the earlier its turn"),
        "offered": SettingWords("可否在取号机上自选", "may be chosen at the kiosk"),
        "words": SettingWords("取号机怎么问", "how the kiosk asks"),
        "words_en": SettingWords("取号机怎么问（英文）", "the same in English"),
    },
    "department": {
        "id": SettingWords("部门编号", "id of the department"),
        "name": SettingWords("名称", "name"),
        "name_en": SettingWords("英文名称", "English name"),
        "phone": SettingWords("电话", "phone"),
        "code": SettingWords("统一社会信用代码，18 位", "the unified social credit code, 18 signs"),
    },
    "queue": {
        "id": SettingWords("队列字母，也是号码的开头", "its letter, which numbers start with"),
        "name": SettingWords("名称", "name"),
        "name_en": SettingWords("英文名称", "English name"),
        "target_minutes": SettingWords("加在各类别的目标等候上", "added to each class's target wait"),
        "service_minutes": SettingWords("平均办理时间的初值，用来估计等候", "first guess of a service, for the expected wait"),
        "digits": SettingWords("号码位数，A001 为 3", "digits of a number; A001 has 3"),
        "hours": SettingWords("取号时段；空为大厅的时间", "when numbers are given; empty: the hall's hours"),
        "quota": SettingWords("每天多少号；0 不限", "numbers a day; 0: no limit"),
        "band_quota": SettingWords("每个时段多少号；0 不限", "numbers in each of `hours`; 0: no limit"),
        "waiting_alarm": SettingWords("多少人等候时提醒；0 不提醒", "tell the manager from so many waiting; 0: never"),
        "slot_minutes": SettingWords("预约时段多长", "length of an appointment slot"),
        "slot_quota": SettingWords("每个预约时段几人；0 不接受预约", "appointments a slot; 0: none"),
    },
    "area": {
        "id": SettingWords("区域编号", "id of the area"),
        "name": SettingWords("名称，如“二楼 B 区”", "name"),
        "name_en": SettingWords("英文名称", "English name"),
        "way": SettingWords("怎么走，如“上电扶梯右转”；显示在手机、号票和取号机上", "the way there, on phones, slips and the kiosk"),
        "way_en": SettingWords("怎么走（英文）", "the way there in English"),
    },
    "window": {
        "id": SettingWords("窗口编号，叫号时读它", "its id, which calls speak"),
        "name": SettingWords("名称", "name"),
        "queues": SettingWords("本窗口的队列", "its own queues"),
        "name_en": SettingWords("英文名称", "English name"),
        "kind": SettingWords(
            "类型：department 部门、integrated 综合、floating 机动、duty 总值班、pay 缴费、agency 代办、direct 直通车、"
            "issuing 出件、review 行政复议、guide 引导台",
            "kind of window",
        ),
        "department": SettingWords("部门编号", "its department"),
        "area": SettingWords("在哪个区域", "the area it is in"),
        "helps": SettingWords(
            '帮办的队列：号码等满几分钟后本窗口才可叫，可叫的号里仍按先后规则；{ B = 15 }，或 ["B"] 用 rules.helping_minutes',
            'queues it helps: it may call from one once the number has waited so many minutes, and among what it may call the turn rule decides; { B = 15 }, or ["B"] for rules.helping_minutes',
        ),
        "phone": SettingWords("电话", "phone"),
        "breaks": SettingWords("本窗口自己的休息时段，如轮流用餐；预计等候会避开", "this window's own breaks, lunch in turns say; the expected wait knows them"),
    },
    "item": {
        "id": SettingWords("事项编号", "id of the item"),
        "name": SettingWords("名称", "name"),
        "department": SettingWords("部门编号", "its department"),
        "queue": SettingWords("进入哪个队列", "the queue it feeds"),
        "name_en": SettingWords("英文名称", "English name"),
        "category": SettingWords("分类", "category"),
        "category_en": SettingWords("分类（英文）", "category in English"),
        "case_type": SettingWords(
            "办件类型：immediate 即办、limited 限时办结、promised 承诺、parallel 并联、reported-up 上报、assisted 协办、"
            "agency 代办、answered 答复、returned 退回、supplement 补办、conditional 容缺、unspecified 未定",
            "case type",
        ),
        "statutory_days": SettingWords("法定时限（工作日）", "statutory limit, working days"),
        "promised_days": SettingWords("承诺时限（工作日），不超过法定", "promised limit, never over the statutory one"),
        "fee": SettingWords("收费", "fee"), "fee_en": SettingWords("收费（英文）", "fee in English"),
        "price_fen": SettingWords("缴费窗口按它收：一个单位的单价，单位为分（10 元写 1000）；不写则由窗口输入", "what a pay window reckons by: the price of one unit in fen (10 yuan is 1000); none: the window types it"),
        "price_unit": SettingWords("计价单位，如 证、本、件", "the unit of the price"), "price_unit_en": SettingWords("计价单位（英文）", "the unit in English"),
        "fee_basis": SettingWords("收费依据（文件名称和文号），公布在办事指南、缴费窗口和收费凭据上", "what the fee rests on, published in the guide, at the pay window and on the receipt"), "fee_basis_en": SettingWords("收费依据（英文）", "what the fee rests on, in English"),
        "step_days": SettingWords("各步骤的时限（工作日），与 steps 条数相同，合计不超过承诺时限；印在内部文书上", "the limit of each step in working days, as many as steps and in sum within the promise; printed on the papers of the house"),
        "basis": SettingWords("法律依据", "legal basis"), "basis_en": SettingWords("法律依据（英文）", "legal basis in English"),
        "conditions": SettingWords("办理条件", "conditions"),
        "conditions_en": SettingWords("办理条件（英文）", "conditions in English"),
        "papers": SettingWords("要带的材料", "papers to bring"),
        "papers_en": SettingWords("要带的材料（英文，条数相同）", "papers in English, as many"),
        "steps": SettingWords("办理步骤", "steps"),
        "steps_en": SettingWords("办理步骤（英文，条数相同）", "steps in English, as many"),
        "phone": SettingWords("咨询电话", "phone"),
        "life_event": SettingWords("人生大事，取号机按它归类", "life event, a way in at the kiosk"),
        "life_event_en": SettingWords("人生大事（英文）", "life event in English"),
        "outcomes": SettingWords("办理可以怎样结束：done 即办、accepted 受理、incomplete 材料不全、rejected 不予受理、elsewhere 转其他部门、advice 咨询、paid 已缴费、received 接件、collected 领证；空为通常的几种", "how a reception may end: done, accepted, incomplete, rejected, elsewhere, advice, paid, received (papers to be checked), collected (a certificate); empty: the usual ones"),
        "outcome_required": SettingWords("结束时必须选结果；直接按空格会先问，不会记成即办", "its outcome must be chosen: Space asks first instead of ending it as done"),
        "refusals": SettingWords("不予受理可用的理由，为大厅清单的编号；空为全部", "codes of the hall's list that may be a reason not to accept; empty: all"),
        "parts": SettingWords("联办件受理时同时分送的部门和各自的工作日，写成 部门:天数，如 tax:3", "of a parallel item: the departments that get the papers with the acceptance, as DEPARTMENT:DAYS, tax:3 say"),
        "later": SettingWords("可以容缺、以后补齐的材料，写材料原名", "papers that may follow after the acceptance, by their names in the list"),
        "days": SettingWords("只在这些日子取号：星期几、market 逢场日、日期；空为每天", "numbers on these days only: weekdays, market, dates; empty: every day"),
        "task_code": SettingWords("事项编码（国家政务服务事项库）", "its code in the national list of items"),
        "handle_code": SettingWords("业务办理项编码", "the code of its variant in that list"),
    },
    "device": {
        "name": SettingWords("设备名", "name of the device"),
        "kind": SettingWords(
            "类型：printer 打印机、evaluator 评价器、caller-pad 叫号器、sign 窗口屏、reader 读卡或扫码器", "kind of device"
        ),
        "port": SettingWords(
            "位置：tcp://地址:端口、serial:///dev/serial/by-id/名?baud=9600、COM3?baud=9600（Windows）、usb://VVVV:PPPP、cups://队列、file:///路径",
            "where: tcp://HOST:PORT, serial:///dev/serial/by-id/NAME?baud=9600, COM3?baud=9600 (Windows), usb://VVVV:PPPP, cups://QUEUE, file:///PATH",
        ),
        "agent": SettingWords("由哪台电脑管", "which PC owns it"),
        "profile": SettingWords("型号配置", "profile of its make"),
        "window": SettingWords("属于哪个窗口", "the window it is at"),
        "width_px": SettingWords("打印宽度（点）：80 毫米 576，58 毫米 384", "print width in dots: 576 for 80 mm, 384 for 58 mm"),
    },
    "reason": {
        "kind": SettingWords("哪一类：pause 窗口暂停，suspend 暂停办理，rating 差评，pick 选呼（写了才须选），notice 通知等候群众，message 引导台发给窗口的话，step 和 finding 投诉差评的处理和结论，paper 材料的问题，refusal 不予受理，extension 延期，attendance 更正考勤和互评，leave 请假，inspection 检查发现，fee 更正收费，elsewhere 转其他部门时转到哪里（不写即本大厅各部门）", "of which list: pause; suspend for a suspension; rating for a bad one; notice to those who wait; message: guide desk to window; step, finding of follow-ups; paper: what is wrong with one; refusal: not accepted; extension of a date; attendance: why attendance or a peer rating is corrected; leave; inspection: what was found; fee: why a receipt is corrected; elsewhere: the departments applicants are sent on to (none: those of the hall)"),
        "id": SettingWords("原因的编号，记在日志里", "its code, which the log keeps"),
        "name": SettingWords("名称", "name"),
        "name_en": SettingWords("英文名称", "English name"),
        "minutes": SettingWords("暂停预计几分钟，超过则报警；0 为 rules.away_minutes", "how long such a pause takes, with an alert beyond; 0: rules.away_minutes"),
    },
    "kiosk": {
        "id": SettingWords("取号机编号", "id of the kiosk"),
        "name": SettingWords("名称", "name"),
        "printers": SettingWords("打印机，先用前面的", "its printers, best first"),
        "language": SettingWords("开始时的语言", "language it starts in"),
        "area": SettingWords("所在区域，决定播放什么", "the area it stands in: what it plays"),
        "pad_keys": SettingWords("盲人键盘的按键，如 F13=up：浏览器的按键名=up down left right ok back repeat help 之一", "keys of its audio pad, such as F13=up: a browser's name of the key, and one of up down left right ok back repeat help"),
        "idle_seconds": SettingWords("无人操作多少秒后提醒并清屏", "warns after so long without a touch, then wipes"),
        "quick": SettingWords("少点几次：首先显示常办事项，在事项说明上直接取号", "fewer taps: frequent items first, and the number straight from the service guide"),
        "prompts": SettingWords("语音提示（需要 espeak-ng）", "spoken prompts (needs espeak-ng)"),
    },
    **{
        table: {name: SettingWords(*both) for name, both in fields.items()}
        for table, fields in (performance_words.FIELDS | delivery_words.FIELDS | fee_settings.FIELDS | shown_words.FIELDS).items()
    },
}  # fmt: skip
