"""Routes that older front ends call, in their own shapes. They call the same use cases as the canonical ones."""
