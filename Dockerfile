FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    TF_CPP_MIN_LOG_LEVEL=2 \
    HOME=/tmp

WORKDIR /app

# A layer of its own: it is built again only when the pins change.
COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt

COPY .streamlit ./.streamlit
COPY weights ./weights
COPY docs/results ./docs/results
COPY sr_core ./sr_core
COPY service ./service
COPY ui ./ui
COPY app.py ./

# By number, so that an orchestrator can tell that it is not root. Nothing under /app is written.
USER 10001:10001

EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", \
         "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["python", "-m", "streamlit", "run", "app.py", \
     "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true", \
     "--server.fileWatcherType=none"]
