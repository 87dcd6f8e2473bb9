"""The staged job: what each pipeline does, stage by stage, and the runner that moves it."""
