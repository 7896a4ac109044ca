"""perfanalysis: is this load test slower than its baseline, beyond noise?"""
