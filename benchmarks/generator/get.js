// The same load for k6: 50 users who make GET requests, as many as they can.
import http from 'k6/http';

export const options = {
  vus: 50,
  duration: `${__ENV.BENCH_SECONDS}s`,
  discardResponseBodies: true,
};

export default function () {
  http.get(`${__ENV.BENCH_URL}/`);
}
