from strangers.test_calls import *
import os
def test_many(node, registered):
    calling = Caller("calling-lossy", "1015", "1016")
    calling.invite()
    calling.answered(ringing=False)
    calling.wait(100)
    calling.hang_up()
    called = Callee("called-lossy", "1016")
    called.invited()
    called.ring()
    called.answer(lossy=True)
    called.hung_up()
    caller, callee = registered("1015"), registered("1016")
    loss=os.environ.get("LOSS","15")
    callee.begin(called, "-lost", loss, calls=None)
    n=int(os.environ.get("CALLS","400"))
    playing = caller.begin(calling, "-lost", loss, "-r", os.environ.get("RATE","12"), calls=n)
    try:
        counted = playing.finish()
        print(counted)
    except AssertionError as e:
        print("FAILED", str(e)[:6000])
    print(open(playing.statistics).read().splitlines()[-1])
    print(len(node.ask("calls", "--number", "1016", "--limit","10000")))
    from collections import Counter
    print(Counter((r["calling_cause"],r["called_cause"],r["answer_time"] is not None) for r in node.ask("calls", "--number", "1016", "--limit","10000")))
    from pathlib import Path
    for f in Path(caller.directory).glob("*.errors"):
        print(f, f.read_text()[:3000])
