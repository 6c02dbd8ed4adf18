"""Lines/s of Drain3 with three masks on a file of messages: prints JSON."""
import json
import sys
import time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

EDGE = r"((?<=[^A-Za-z0-9])|^)%s((?=[^A-Za-z0-9])|$)"
MASKS = {
    "IP": r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})",
    "HEX": r"(0x[a-f0-9A-F]+)",
    "NUM": r"([\-\+]?\d+)",
}

config = TemplateMinerConfig()
config.profiling_enabled = False
config.masking_instructions = [MaskingInstruction(EDGE % mask, name) for name, mask in MASKS.items()]
miner = TemplateMiner(config=config)
with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
    lines = file.read().split("\n")
started = time.perf_counter()
for line in lines:
    miner.add_log_message(line)
print(json.dumps({"lines": len(lines), "seconds": time.perf_counter() - started}))
