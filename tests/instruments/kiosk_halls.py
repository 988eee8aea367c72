"""A small hall for the kiosk's tests: departments, life events, a shared queue, a loose queue, priorities."""

from config.settings import Department, HallTable, Item, Kiosk, PriorityClass, Queue, Settings, Window

KIOSK = Kiosk(id="k1", printers=["p1", "p2"])


def small_hall() -> Settings:
    return Settings(
        hall=HallTable(site="s1", name="青河县政务服务大厅", name_en="Qinghe County Service Hall"),
        classes=(
            PriorityClass("ordinary", "普通", 30, "Ordinary"),
            PriorityClass("elderly", "老年人", 10, "Elderly"),
            PriorityClass("appointment", "预约", 5, "Appointment"),
        ),
        queues=(
            Queue("A", "综合业务", "General"),
            Queue("B", "社保业务", "Social insurance"),
            Queue("Z", "咨询", "Advice"),
        ),
        windows=(
            Window("1", "1号窗口", ["A"], "Window 1"),
            Window("2", "2号窗口", ["A", "B"], "Window 2"),
            Window("3", "3号窗口", ["Z"], "Window 3"),
        ),
        departments=(Department("tax", "税务局", "Tax office"), Department("hr", "人社局", "Labour office")),
        items=tuple(_items()),
        kiosks=(KIOSK,),
    )


def _items() -> list[Item]:
    guided = Item(
        "T001", "开业登记", "tax", "A", "Business registration", case_type="immediate",
        papers=["营业执照副本", "法定代表人身份证"], phone="0817-123", life_event="开办企业",
    )  # fmt: skip
    rest = [Item(f"T{i:03}", f"涉税事项{i}", "tax", "A") for i in range(2, 9)]
    social = Item("H001", "社会保险登记", "hr", "B", "Social insurance", promised_days=5, statutory_days=20)
    more = [Item(f"H{i:03}", f"人社事项{i}", "hr", "B") for i in range(2, 7)]
    return [guided, *rest, social, *more]


def kiosk_view(open: bool = True, phase: str = "open") -> dict[str, object]:
    queue = {"waiting": 4, "low": 10, "high": 15, "open": open}
    closed = (
        {} if open else {"zh": "现在不取号", "en": "No numbers now", "next_zh": "09:00", "next_en": "09:00"}
    )
    return {
        "hall": {
            "name": "青河县政务服务大厅",
            "name_en": "Qinghe",
            "day": "2026-11-20",
            "open": phase in ("open", "stopped"),
        },
        "phase": phase,
        "queues": {q: {**queue, **closed} for q in "ABZ"},
        "tickets": {},
    }
