"""The words of the settings about what leaves the hall. `config.setting_descriptions` takes them in; each is a pair of
Chinese and English."""

TABLES: dict[str, tuple[str, str]] = {
    "webhook": ("大厅外的接收系统：hallcall deliver 把发生的事逐条推送给它（docs/integrate.md）", "a program outside: hallcall deliver tells it what happens, event by event (docs/integrate.md)"),
    "notify": ("通知：发给留了手机号的群众，和工作人员（docs/integrate.md）", "notifications to applicants who left a phone number, and to staff (docs/integrate.md)"),
    "gateway": ("短信网关：发一条短信的那个请求；有一个，手机页面才问手机号", "an SMS gateway, as the request that sends one message; with one, phone pages ask for a number"),
    "staff": ("通知工作人员：邮件、企业微信、钉钉、飞书、ntfy、JSON，写成 Apprise 的地址", "tells the staff: mail, WeCom, DingTalk, Feishu, ntfy, JSON, written as an address of Apprise"),
    "text": ("通知的自定文字；不写就用自带的", "the hall's own words for a notice; absent: the usual ones"),
    "province": ("省好差评平台：上报办事记录和评价（docs/integrate.md）", "the province's rating platform: services and their ratings are sent there (docs/integrate.md)"),
    "centre": ("市级中心：hallcall deliver 把本厅日志逐条抄送给它（docs/centre.md）；密钥用 hallcall deliveries secret centre --set 存入", "the city's centre: hallcall deliver copies this hall's log to it (docs/centre.md); its key is kept by hallcall deliveries secret centre --set"),
    "api": ("接口 /api/v1 的快慢", "the pace of the interface /api/v1"),
}  # fmt: skip

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "webhook": {
        "id": ("编号，用于 hallcall deliveries", "its id, for hallcall deliveries"),
        "url": ("接收地址，http 或 https", "where to POST, http or https"),
        "kinds": ("只推送这些种类的事件，如 [\"TicketCalled\"]；不写则全部", "events of these kinds only, such as [\"TicketCalled\"]; none: all"),
        "private": ("允许内网地址；不写则只推送到公网地址", "allow an address of the inner network; without it only public ones"),
    },
    "notify": {
        "quiet": ("免打扰时段，可跨午夜；过时无用的通知那时不发，其余的过后再发", "quiet hours, over midnight if need be; what is of no use later is not sent, the rest is sent after them"),
        "applicants": ("手机页面和引导台是否问手机号，发给群众；须有 [[gateway]]", "whether phone pages and the guide desk ask for a phone number, to text applicants; needs a [[gateway]]"),
        "ahead": ("前面还有几人时通知；0 为不通知", "tell who waits with so many before them; 0: never"),
        "push": ("手机页面是否提供浏览器消息提醒，须有公众信任的证书，本机能访问互联网", "whether phone pages offer notices by the browser itself; needs a publicly trusted certificate, and a way to the internet"),
        "push_contact": ("运维联系方式，写作 mailto:邮箱 或 https://网址，浏览器厂家的推送服务有事时联系", "who runs this hall, as mailto:NAME@HOST or https://...: for the push services of the browsers' makers"),
        "push_private": ("推送服务可以在内网", "a push service may be of the inner network"),
        "remind_at": ("预约前一天几点提醒", "when the day before an appointment is reminded of"),
    },
    "gateway": {
        "id": ("编号，用于 hallcall deliveries", "its id, for hallcall deliveries"),
        "url": ("网关地址，http 或 https", "where to POST, http or https"),
        "body": ("请求正文，可写 {phone} {text} {secret} {id} {time} {hall} {number} {window} 等", "the request's body with {phone} {text} {secret} {id} {time} {hall} {number} {window} and the like"),
        "content": ("正文格式：json，或 form 表单", "how the body is written: json, or form"),
        "headers": ("请求头，每条如 Authorization: Bearer {secret}", "headers, each as Authorization: Bearer {secret}"),
        "taken": ("网关收下时回答里有的文字，如 \"code\":0；空为凡 2xx 即收下", "what stands in the answer when it was taken, such as \"code\":0; empty: any 2xx"),
        "notices": ("只发这些通知；空为全部", "these notices only; empty: all"),
        "private": ("允许内网地址", "allow an address of the inner network"),
    },
    "staff": {
        "id": ("编号，用于 hallcall deliveries", "its id, for hallcall deliveries"),
        "url": ("Apprise 地址，如 mailto://… dingtalk://…；口令写作 {secret}", "an address of Apprise, such as mailto://... or dingtalk://...; write a password as {secret}"),
        "notices": ("只发这些通知；空为全部", "these notices only; empty: all"),
        "staff": ("收的是谁：工号或部门编号，超期只收这些人、这些部门的办件；空为全部", "who reads it: staff numbers or ids of departments; of overruns only their cases are told; empty: all"),
        "language": ("语言", "language"),
        "private": ("允许内网地址", "allow an address of the inner network"),
    },
    "text": {
        "notice": ("哪条通知", "of which notice"),
        "text": ("文字，可写 {hall} {number} {window} 等", "the words, with {hall} {number} {window} and the like"),
        "language": ("语言", "language"),
    },
    "province": {
        "id": ("编号，用于 hallcall deliveries", "its id, for hallcall deliveries"),
        "url": ("平台地址，http 或 https", "where to POST, http or https"),
        "mapping": ("对照文件的名字：provinces/名字.toml，或自带的 sm2、page", "the mapping: provinces/NAME.toml beside this file, or sm2 or page, which come with the product"),
        "app": ("平台给本系统的应用标识", "what the platform calls this system (appMark)"),
        "private": ("允许内网地址（政务外网多是）", "allow an address of the inner network, which most are"),
    },
    "centre": {
        "url": ("中心的地址，http 或 https；空为没有", "the centre's address, http or https; empty: there is none"),
        "private": ("允许内网地址（政务外网多是）", "allow an address of the inner network, which most are"),
        "settings_key": ("市级设置的公钥，中心用 hallcall centre settings key 显示；空为不接收", "the public key of the city's settings, shown there by hallcall centre settings key; empty: none are taken"),
        "adopt": ("怎样采用市级设置：by-hand 由人采用，at-night 闭厅后自动", "how the city's settings are adopted: by-hand by a person, at-night by itself after closing"),
        "adopted": ("已采用的市级设置编号，采用时自动写", "the number of the city's settings in these, written when they are adopted"),
    },
    "api": {
        "per_second": ("每个密钥每秒几次", "requests of a key in a second"),
        "burst": ("每个密钥瞬时最多几次", "requests of a key at once"),
    },
}  # fmt: skip
