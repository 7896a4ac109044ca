"""The same load for Locust: 50 users who make GET requests, as many as they can."""

from __future__ import annotations

import os

from locust import FastHttpUser, constant, task


class Getting(FastHttpUser):
    host = os.environ["BENCH_URL"]
    wait_time = constant(0)

    @task
    def get(self):
        self.client.get("/")
