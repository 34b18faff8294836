"""What runs beneath Channels: bounds on requests, and frames written to uvicorn's transports."""
