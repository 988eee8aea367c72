"""The words of the settings about what a hall shows, says and prints: the playlist, announcements, volume, screens, papers.
`config.setting_descriptions` takes them in; each is a pair of Chinese and English."""

TABLES: dict[str, tuple[str, str]] = {
    "voice": ("语音叫号", "voice calls"),
    "volume": ("音量随时段、声区变化；percent = 0 为安静时段，只显示不播报", "volume by hours and loudspeaker; percent = 0 are quiet hours: shown, not spoken"),
    "announcement": ("定时通知：屏幕显示并播报一次（清单 kind = \"notice\"）", "announcements by the clock: shown, and spoken once (the list of kind = \"notice\")"),
    "media": ("播放列表：综合屏、空闲的取号机、评价平板在叫号之间播放（文件放在 DATA/media）", "the playlist of boards, kiosks at rest and rating tablets, between calls (files lie in DATA/media)"),
    "screen": ("屏幕何时开、何时关（营业日开着就一定开）；不写的屏幕一直开着", "when screens are on (while the business day is open they always are); a screen without a row is never turned off"),
    "paper": ("文书模板：本大厅自己写的号票、通知书，代替自带的；写法见 docs/cases.md", "templates of papers: slips and notices in the hall's own words, in place of ours; how they are written: docs/cases.md"),
    "file": ("型号与对照：设备型号描述（docs/devices.md）和省平台对照（docs/integrate.md）的全文，随设置发给各台电脑，先于同名文件", "device profiles (docs/devices.md) and provinces' mappings (docs/integrate.md) in full: every PC gets them with the settings, before a file of the same name"),
}  # fmt: skip

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "voice": {
        "enabled": ("是否语音叫号", "whether calls are spoken"),
        "clips": ("录音文件夹；空或缺某个录音时用 espeak-ng", "folder of WAV clips; espeak-ng fills in"),
        "second_language": ("普通话之后再说一遍的语言", "spoken after Mandarin"),
        "repeat": ("说几遍", "how often a call is spoken"),
        "volume": ("音量，百分之几；分时段见 [[volume]]", "volume in percent; by hours: [[volume]]"),
        "yao": ("1 读作“幺”", "read 1 as yao"),
        "say_recall": ("重呼时说“再次呼叫”", "say that it is a recall"),
    },
    "volume": {
        "hours": ("时段", "from and to"),
        "percent": ("音量；0 为不播报", "how loud; 0: nothing is spoken"),
        "zone": ("声区：区域编号，或综合屏地址里的 ?zone=；空为全部", "the loudspeaker: an area's id, or a board's ?zone=; empty: all"),
        "days": ("星期几；空为每天", "weekdays; empty: every day"),
    },
    "announcement": {
        "notice": ("哪条通知：kind = \"notice\" 清单的编号", "which message: a code of the list of kind = \"notice\""),
        "at": ("几点", "at which times of day"),
        "zone": ("声区；空为全厅", "the loudspeaker and its boards; empty: the whole hall"),
        "days": ("星期几；空为每天", "weekdays; empty: every day"),
        "minutes": ("显示几分钟", "how long it is shown"),
    },
    "media": {
        "file": ("图片或视频（无声）的文件名", "the name of a picture or a video (played without sound)"),
        "text": ("文字，不写文件时显示", "a text, shown where no file is named"),
        "text_en": ("文字（英文）", "the text in English"),
        "title": ("文字的标题", "title over the text"),
        "title_en": ("标题（英文）", "title in English"),
        "seconds": ("图片、文字显示几秒", "how long a picture or a text is shown"),
        "screens": ("在哪些屏幕：board 综合屏、kiosk 取号机、tablet 评价平板；空为全部", "on which screens; empty: all"),
        "area": ("只在这个区域；空为全部", "only in this area; empty: everywhere"),
        "hours": ("时段；空为全天", "from and to; empty: all day"),
        "days": ("星期几；空为每天", "weekdays; empty: every day"),
        "first": ("从哪天起", "first day"),
        "last": ("到哪天止", "last day"),
    },
    "screen": {
        "screen": ("哪种屏幕：board 综合屏、sign 窗口屏、tablet 评价平板、kiosk 取号机、pc 设备代理的电脑", "which screens: boards, window signs, rating tablets, kiosks, PCs of agents"),
        "name": ("哪一台：综合屏写区域（全厅的写 hall），窗口屏和平板写窗口，取号机、电脑写名称；空为这一种的全部", "which one: the area of a board (hall: of the whole hall), the window of a sign or tablet, the name of a kiosk or PC; empty: all of this kind"),
        "before_minutes": ("开门前几分钟开屏", "on so many minutes before the hall opens"),
        "after_minutes": ("关门后几分钟关屏", "off so many minutes after it has closed"),
        "hours": ("固定的开屏时段，代替前后几分钟；不办公的日子仍不开", "fixed hours in which it is on, in place of the minutes; on days the hall is closed it stays off"),
    },
    "paper": {
        "kind": ("哪种文书：slip 号票、missing 一次性告知单等", "which paper: slip, missing and so on"),
        "template": ("模板，一行纸一行，如 center x2 | {大厅}", "the template, a line for each line of paper, such as center x2 | {hall}"),
        "language": ("哪种语言", "in which language"),
        "medium": ("用在什么纸上：roll 热敏纸、a4", "on which paper it is used: roll, or a4"),
    },
    "file": {
        "kind": ("哪种：profile 设备型号描述、mapping 省平台对照", "which: a device's profile, or a province's mapping"),
        "id": ("名称，设备的 profile 或省平台的 mapping 写它", "the name that profile of a device, or mapping of a province, asks for"),
        "text": ("全文，可从文件读入", "the text, also read from a file"),
    },
}  # fmt: skip
