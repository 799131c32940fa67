"""The service that Fovea's users write today: FastAPI, uvicorn, ONNX Runtime; one file, a model, boxes as JSON.

By us, for comparison, with what makes such a service fast: uvloop and httptools, OpenCV for decoding and letterbox (JPEG and
PNG leave it as arrays, no PIL image between), numpy that looks at candidates alone, one session.

--mode threads: a plain `def` route, which FastAPI runs in its thread pool, as its documentation advises for work that blocks;
       paired:  the same, at most two at work in the session at once;
       loop:    an `async def` route that does everything in the event loop.
--workers N starts N processes with a session of threads / N each.
"""
import argparse
import ast
import os
import threading

import cv2
import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI, HTTPException, UploadFile

MODEL = os.environ.get("BENCH_MODEL", "")
THREADS = int(os.environ.get("BENCH_THREADS", "2"))
MODE = os.environ.get("BENCH_MODE", "threads")
CONF, IOU, SIZE, MOST = 0.25, 0.7, 640, 300


def open_session():
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    return ort.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])


def letterbox(image):
    height, width = image.shape[:2]
    scale = min(SIZE / height, SIZE / width)
    w, h = round(width * scale), round(height * scale)
    if (w, h) != (width, height):
        image = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    left, top = round((SIZE - w) / 2 - 0.1), round((SIZE - h) / 2 - 0.1)
    if (w, h) != (SIZE, SIZE):
        bottom, right = SIZE - h - top, SIZE - w - left
        image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return image, scale, left, top


def nms(boxes, scores, classes):
    """Greedy suppression per class, the best first; boxes x1 y1 x2 y2."""
    order = np.argsort(-scores, kind="stable")
    shifted = boxes + classes[:, None] * 8192.0
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.size and len(kept) < MOST:
        best, rest = order[0], order[1:]
        kept.append(best)
        low = np.maximum(shifted[best, :2], shifted[rest, :2])
        high = np.minimum(shifted[best, 2:], shifted[rest, 2:])
        inter = np.prod(np.clip(high - low, 0, None), axis=1)
        order = rest[inter / (area[best] + area[rest] - inter) <= IOU]
    return kept


app = FastAPI()
session = open_session() if MODEL else None
names = ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"]) if session else {}
pair = threading.BoundedSemaphore(2)


def analyse(filename, content):
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise HTTPException(400, "no image")
    height, width = image.shape[:2]
    boxed, scale, left, top = letterbox(image)
    blob = cv2.dnn.blobFromImage(boxed, 1 / 255, swapRB=True)
    if MODE == "paired":
        with pair:
            output = session.run(None, {"images": blob})[0][0]
    else:
        output = session.run(None, {"images": blob})[0][0]
    scores = output[4:].max(axis=0)
    chosen = np.flatnonzero(scores > CONF)
    scores = scores[chosen]
    classes = output[4:, chosen].argmax(axis=0)
    x, y, w, h = output[:4, chosen]
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    kept = nms(boxes, scores, classes)
    boxes = (boxes[kept] - [left, top, left, top]) / scale
    boxes = np.clip(boxes, 0, [width, height, width, height])
    detections = [
        {
            "class": names[int(c)],
            "confidence": round(float(s), 4),
            "bbox": {"x1": round(b[0], 2), "y1": round(b[1], 2), "x2": round(b[2], 2), "y2": round(b[3], 2)},
            "width": round(b[2] - b[0], 2),
            "height": round(b[3] - b[1], 2),
        }
        for b, s, c in zip(boxes.tolist(), scores[kept], classes[kept])
    ]
    return {
        "filename": filename,
        "detection_count": len(detections),
        "detections": detections,
        "summary": f"共检测到{len(detections)}处病灶" if detections else "未检测到明显病灶",
    }


if MODE == "loop":

    @app.post("/analyze/image")
    async def analyze_image(file: UploadFile):
        return analyse(file.filename, await file.read())

else:

    @app.post("/analyze/image")
    def analyze_image(file: UploadFile):
        return analyse(file.filename, file.file.read())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--mode", choices=["threads", "paired", "loop"], default="threads")
    chosen = parser.parse_args()
    os.environ["BENCH_MODEL"] = chosen.model
    os.environ["BENCH_THREADS"] = str(max(1, chosen.threads // chosen.workers))
    os.environ["BENCH_MODE"] = chosen.mode
    cv2.setNumThreads(1)
    uvicorn.run(
        "analyze_service:app",
        app_dir=os.path.dirname(os.path.abspath(__file__)),
        host="127.0.0.1",
        port=chosen.port,
        workers=chosen.workers,
        access_log=False,
        log_level="warning",
    )
