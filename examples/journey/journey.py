"""The journey of journey.yml in Python: for what steps cannot say, or where Python is at hand.

perfanalysis generate journey.py -o journey.run
"""

from __future__ import annotations

import os

from perfanalysis.generator import Load, LoadTest, Scenario, Session, Threshold

TERMS = ["laptop", "phone", "tablet", "watch", "headphones"]
CATEGORIES = ["electronics", "clothing", "books", "home", "sports"]


async def journey(session: Session) -> None:
    """Log in, search, look at something, and in three of ten cases buy it."""
    rng = session.random
    login = await session.post(
        "/api/auth/login",
        name="login",
        json={"email": f"user{session.user_id}@example.com", "password": "password123"},
    )
    if not session.check("login status is 200", login.status == 200):
        return
    headers = {"authorization": f"Bearer {login.json()['token']}"}
    await session.sleep(rng.uniform(1, 3))

    search = await session.get(
        "/api/products/search",
        name="search",
        params={"q": rng.choice(TERMS), "limit": rng.randint(10, 50)},
        headers=headers,
    )
    results = search.json()["results"] if search.ok else []
    if not session.check("search has results", bool(results)):
        return
    product = rng.choice(results)["id"]
    await session.sleep(rng.uniform(2, 5))

    detail = await session.get(f"/api/products/{product}", name="detail", headers=headers)
    session.check("detail response time < 200ms", detail.latency_ms < 200)
    await session.sleep(rng.uniform(3, 7))

    if rng.random() < 0.3:
        async with session.group("purchase"):
            item = {"productId": product, "quantity": rng.randint(1, 3)}
            cart = await session.post("/api/cart/items", name="cart", json=item, headers=headers)
            session.check("item added to cart", cart.status == 201)
            await session.sleep(rng.uniform(1, 3))
            await session.post("/api/checkout", name="checkout", json={}, headers=headers)


async def browse(session: Session) -> None:
    """Look at three pages of something."""
    category = session.random.choice(CATEGORIES)
    for page in (1, 2, 3):
        query = {"category": category, "page": page, "limit": 12}
        await session.get("/api/products", name="browse", params=query)
        await session.sleep(session.random.uniform(1, 3))


test = LoadTest(
    name="shop journey in Python",
    target=os.environ.get("BASE_URL", "http://127.0.0.1:8000"),
    scenarios=[
        Scenario(name="journey", weight=70, function=journey),
        Scenario(name="browse only", weight=30, function=browse),
    ],
    load=Load(shape="load"),
    thresholds={
        "http_req_duration": ["p(95)<500"],
        "http_req_failed": [Threshold(threshold="rate<0.1", abortOnFail=True)],
    },
)
