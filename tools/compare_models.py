"""The models that compare-runtimes.py and roofline.py measure."""
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Dynamic dimensions of the repository's models other than the batch.
SHAPES = {"ppocr-cls": (1, 3, 48, 192), "ppocr-det": (1, 3, 640, 640), "ppocr-rec": (1, 3, 48, 320)}


class Model:
    """A model with the shape of its first input."""

    def __init__(self, argument):
        import onnx

        path, _, shape = argument.partition("@")
        self.path = Path(path)
        self.name = self.path.stem
        graph = onnx.load(self.path, load_external_data=False).graph
        constants = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        if len(inputs) != 1:
            raise SystemExit(f"{path} has {len(inputs)} inputs; only models with one input are supported")
        self.input = inputs[0].name
        self.outputs = [value.name for value in graph.output]
        if shape:
            self.shape = tuple(int(size) for size in shape.split("x"))
        elif self.name in SHAPES:
            self.shape = SHAPES[self.name]
        else:
            sizes = [dimension.dim_value for dimension in inputs[0].type.tensor_type.shape.dim]
            self.shape = (sizes[0] or 1, *sizes[1:])
            if 0 in self.shape:
                raise SystemExit(f"{path} has dynamic dimensions: pass its shape, as in {path}@1x3x224x224")

    @property
    def shape_text(self):
        return "x".join(map(str, self.shape))

    @property
    def argument(self):
        return f"{self.path}@{self.shape_text}"

    def tensor(self):
        import numpy as np

        return np.random.default_rng(0).uniform(-1, 1, self.shape).astype(np.float32)

    def write_with_fixed_shape(self, path):
        """Writes a copy without symbols, which converters do not unify with the sizes that they are
        given."""
        import onnx

        copy = onnx.load(self.path)
        del copy.graph.value_info[:]
        for value in copy.graph.output:
            value.type.tensor_type.ClearField("shape")
        for value in copy.graph.input:
            if value.name == self.input:
                for dimension, size in zip(value.type.tensor_type.shape.dim, self.shape):
                    dimension.dim_value = size
        onnx.save(copy, path)


def compared_models(arguments):
    """The given models, or by default those of the folder Models and of .build/zoo, each name once.
    """
    if arguments:
        return [Model(argument) for argument in arguments]
    files = [*ROOT.glob("Models/*.onnx"), *(ROOT / ".build/zoo").glob("*.onnx")]
    return [Model(str(path)) for _, path in sorted({path.stem: path for path in files}.items())]
