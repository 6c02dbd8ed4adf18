"""llama.cpp's HTTP server: serve.py MODEL PORT KEY. It ends when its input does."""

import sys

import xllamacpp

model, port, key = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = model
params.hostnames = ['127.0.0.1']
params.port = int(port)
params.model_alias = {'smollm2'}
params.api_keys = [key]
params.n_ctx = 8192
params.n_parallel = 1
params.use_jinja = True
params.endpoint_slots = True
# Threads that wait for each other are slow where others compute, too.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
sys.stdin.read()
