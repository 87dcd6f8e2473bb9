"""The use cases: what people and programs can ask Maquette for."""
