"""How gunicorn serves wsgi:app. Every value can be overridden on its command line."""

import gc
import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"  # had the highest throughput in every cell that was measured
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - memory, not disk
max_requests = 20_000  # a leak in any library stays small
max_requests_jitter = 2_000
graceful_timeout = 30
control_socket_disable = True  # nobody here talks to it, and it lies in a home directory
# No query strings: they hold what shoppers looked at.
access_log_format = '%(h)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(M)sms %({x-request-id}o)s'
accesslog = os.environ.get("ACCESS_LOG") or None


def post_worker_init(worker):
    """What is loaded stays: the collector of cycles need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # a shelf makes hundreds of tuples and no cycle


def child_exit(server, worker):
    """Let a finished worker's metrics be added to those of the others."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
