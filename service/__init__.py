"""What the server does for one person: queues, limits, memory and work. Knows nothing of Streamlit."""
