"""What the admin listener may ask and order: one port per area.

An ordering method takes the `Actor` first and writes its audit entry in the
transaction of the change. What cannot be done is a Refusal (gateway.core.errors).
"""
