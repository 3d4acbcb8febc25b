"""Run a recipe: train, validate, keep the best weights, and resume after a kill."""

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from sr_core import networks, weights
from sr_core.errors import OptionError
from training.data import conditions, suitability
from training.data.datasets import Pair, evenly_spread
from training.data.patches import PatchDataset, WholePictures
from training.fit import branch, checkpoint, parallel
from training.fit import resident as residents
from training.fit.averaging import Averaging
from training.fit.callbacks import Epochs, KeepMemory, Pace, parts
from training.fit.folded import foldable
from training.fit.losses import by_name
from training.fit.muon import ConvolutionMuon
from training.fit.precision import jit_compile
from training.fit.recipe import Recipe, defaults
from training.fit.resident import Photos, ResidentPlaces, ResidentTraining
from training.fit.run_folder import RunFolder, RunResult, RunState, content, digest
from training.fit.start import draw_kernels, transfer
from training.fit.validation import Validation


def run(
    recipe: Recipe,
    training: Sequence[Pair],
    validation: Sequence[Pair],
    *,
    folder: Path,
    minutes: float | None = None,
    steps: int | None = None,
    start_from: Path | None = None,
    trunk: Path | None = None,
    about: dict[str, Any] | None = None,
    workers: int = 2,
    all_devices: bool = False,
    xla: bool = False,
    resident: bool = False,
    tensorboard: bool = False,
    log: Callable[[str], Any] = print,
) -> RunResult[RunState]:
    """Train `recipe` in `folder`, or resume the run in that folder.

    Parameters
    ----------
    recipe : Recipe
        Recipe of the run.
    training, validation : sequence of Pair
        Patches are drawn from the first; the second is scored as whole pictures, for the degradation photo
        under the conditions of `training.data.conditions.MIX`.
    folder : Path
        For this run alone. A run already there must have been started in the same way.
    minutes : float, optional
        Length of the run in minutes of training, instead of the recipe's steps; of an open-ended run, length
        of this session.
    steps : int, optional
        Length of this session of an open-ended run; with neither, it runs until it is interrupted.
    start_from : Path, optional
        Weights with a card to begin with: layers with matching names and shapes are copied (x4 from x2, say),
        and additional residual blocks begin as the identity.
    trunk : Path, optional
        Folder of an open-ended run to branch from: see `training.fit.branch`.
    about : dict, optional
        Stored in the run's description: the command, the data.
    workers : int
        Threads that prepare patches.
    all_devices : bool
        Divide each batch among all devices, under JAX (see `training.fit.parallel`).
    xla : bool
        Compile with XLA also where TensorFlow runs on a CPU.
    resident : bool
        Keep the photos on the device, run many steps in one dispatch, and write a checkpoint only every two
        minutes: see `training.fit.resident`. A run may switch to it and back.
    tensorboard : bool
        Also write TensorBoard logs; needs TensorFlow and the package tensorboard.
    log : callable
        Receives one line of progress an epoch.

    Raises
    ------
    DatasetError
        The pictures are too small for the patches, or to be scored.
    EngineError
        The loss is no longer a number; the run's files are those from before that epoch.
    OptionError
        The folder holds another run or cannot be written to, no layer of the first weights fits, or
        TensorBoard is requested but not installed.
    """
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise OptionError(
            "TensorBoard is not installed; `pip install tensorboard`, or leave --tensorboard out."
        )
    if resident:
        residents.check(recipe, all_devices=all_devices)
    devices = parallel.divided_batches(recipe) if all_devices else nullcontext()
    files = RunFolder(folder)
    first = start_from or trunk
    identity = {
        "recipe": asdict(recipe),
        "minutes": None if recipe.open_ended else minutes,
        "start_from": first and first.absolute().name,
        "pictures": digest(training, validation),
        "content": content(training, validation),
    }
    files.check(identity, defaults=defaults())
    training = suitability.for_training(
        training, scale=recipe.scale, patches=recipe.patches, whole=recipe.whole_pictures, log=log
    )
    seen = evenly_spread(training, recipe.score_training)
    if recipe.degradation == "photo":
        validation, seen = conditions.mixed(validation), conditions.mixed(seen)
    validation = suitability.for_validation(validation, scale=recipe.scale, log=log)
    log(f"{len(training)} training and {len(validation)} validation pictures")
    about = {**(about or {}), "training_pictures": len(training), "validation_pictures": len(validation)}
    files.make()
    before = {}
    if trunk is not None:
        before = branch.begin(trunk, files)
    elif start_from is not None:
        before = _before(start_from)
    with devices:
        keras.utils.set_random_seed(recipe.seed)
        network = networks.build(
            recipe.network, scale=recipe.scale, dtype=recipe.precision, **recipe.hyperparameters
        )
        model = foldable(network, recipe.network)
        if recipe.from_noise:
            draw_kernels(network)
        model.compile(
            optimizer=_optimizer(recipe), loss=by_name(recipe.loss), jit_compile=jit_compile(xla=xla)
        )
        state = _begin(model, files, start_from, log)
        files.describe(identity, about={**about, **before})
        pace = Pace(recipe, state, minutes=minutes, steps=steps)
        scoring = Validation(recipe, state, validation, files, seen=seen)
        callbacks = [
            Epochs(
                model,
                pace,
                scoring,
                files,
                checkpoint_seconds=residents.CHECKPOINT_SECONDS if resident else 0.0,
                log=log,
            ),
            keras.callbacks.TerminateOnNaN(),
            KeepMemory(),
        ]
        if tensorboard:
            callbacks.append(keras.callbacks.TensorBoard(str(files.path / "tensorboard"), write_graph=False))
        photos = residents.Photos(training, recipe.scale) if resident else None
        while not pace.over:
            _train_phase(model, pace, training, callbacks, workers=workers, xla=xla, photos=photos)
    return RunResult(files, state)


def _before(start_from: Path) -> dict[str, Any]:
    """Return how the first weights were made: their file may be gone when this run is exported."""
    start = weights.read_card(start_from)
    return {"start_sha256": start.sha256, "before": start.trainings}


def _begin(
    model: keras.Model, files: RunFolder, start_from: Path | None, log: Callable[[str], Any]
) -> RunState:
    """Load the variables that the run resumes or begins with; return its state."""
    if files.checkpoint.exists():
        state = RunState(**checkpoint.load(files.checkpoint, parts(model)))
        log(f"resuming after {state}")
        return state
    if start_from is not None:
        with parallel.single_device():
            source = weights.load_network(weights.read_card(start_from))
        copied, layers = transfer(source, model), sum(bool(layer.weights) for layer in model.layers)
        if copied == 0:
            raise OptionError(
                "No layer of these weights fits the network by name and shapes; choose weights of the same "
                f"kind, or leave --start-from out. Received: {start_from}"
            )
        log(f"starting from {start_from.name}: {copied} of {layers} layers fit")
    return RunState()


def _train_phase(
    model: keras.Model,
    pace: Pace,
    training: Sequence[Pair],
    callbacks: list[keras.callbacks.Callback],
    *,
    workers: int,
    xla: bool,
    photos: Photos | None,
) -> None:
    """Train until the phase, the run or this session is over."""
    recipe, state, phase = pace.recipe, pace.state, pace.phase
    # The same optimizer, with its state.
    model.compile(optimizer=model.optimizer, loss=by_name(phase.loss), jit_compile=jit_compile(xla=xla))
    draw = WholePictures if recipe.whole_pictures else PatchDataset
    with draw(
        training,
        scale=recipe.scale,
        patch=phase.patch,
        batch=phase.batch,
        seed=recipe.seed,
        first=state.trunk_steps + state.steps,
        by_detail=recipe.by_detail,
        lines=recipe.lines,
        grid=recipe.grid,
        degradation=recipe.degradation,
        workers=workers,
    ) as dataset:
        fitted: keras.Model = model
        data: keras.utils.PyDataset = dataset
        if photos is not None:
            fitted, data = ResidentTraining(model, photos, phase.patch), ResidentPlaces(dataset, photos)
            fitted.compile(
                optimizer=model.optimizer,
                jit_compile=jit_compile(xla=xla),
                steps_per_execution=residents.steps_at_once(recipe.steps_per_epoch),
            )
        fitted.fit(
            data,
            steps_per_epoch=recipe.steps_per_epoch,
            initial_epoch=state.epoch,
            epochs=_ENDLESS,
            callbacks=callbacks,
            shuffle=False,
            verbose=_SILENT,
        )


# A run ends when `Pace` says so.
_ENDLESS = 10**9
_SILENT: Any = 0  # Keras types it as a str


class AveragedAdam(Averaging, keras.optimizers.Adam):
    """Adam. TensorFlow names its scope after the class, which no underscore may begin."""


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    kind = {"muon": ConvolutionMuon, "adam": AveragedAdam}[recipe.optimizer]
    return kind(
        recipe.rate,
        beta_2=recipe.beta_2,
        global_clipnorm=recipe.clip_norm or None,
        use_ema=recipe.ema > 0,
        ema_momentum=recipe.ema or 0.99,
        ema_overwrite_frequency=None,
    )
