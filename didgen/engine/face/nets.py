"""The face nets: LiteRT interpreters, one thread each, made once per process."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didgen.engine.quiet import quiet_stderr
from didgen.errors import RenderError

MODELS_DIR = Path(__file__).parent / "models"


class Net:
    """One .tflite file, called like a function."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=1)
        except (OSError, ValueError) as error:
            raise RenderError(
                "UnknownError", f"the model file {path} cannot be read: {error}", hint="install didgen again"
            ) from error
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]
        self._lock = threading.Lock()  # an interpreter holds its tensors: one caller at a time

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Every output of the net for one input in the net's own shape, copied out."""
        with self._lock:
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(tensor, np.float32))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index) for index in self._outputs]


@cache
def net(name: str) -> Net:
    """The net of `models/<name>.tflite`."""
    with quiet_stderr():
        return Net(MODELS_DIR / f"{name}.tflite")


def sigmoid(logits: Any) -> NDArray[np.float32]:
    """Logits → 0..1, safe for any size."""
    odds = np.exp(np.clip(np.asarray(logits, np.float32), -80.0, 80.0))
    result: NDArray[np.float32] = (odds / (1 + odds)).astype(np.float32)
    return result
