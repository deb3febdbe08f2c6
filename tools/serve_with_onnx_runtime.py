"""A model in KServe's Python model server with ONNX Runtime, which tools/compare-servers.py
compares with infold-serve.

    serve_with_onnx_runtime.py NAME=MODEL.onnx … --http_port 8080 --grpc_port 8081
"""

import argparse

import kserve
import numpy
import onnxruntime


class OnnxModel(kserve.Model):
    def __init__(self, name, path):
        super().__init__(name)
        self.path = path

    def load(self):
        self.session = onnxruntime.InferenceSession(self.path, providers=["CPUExecutionProvider"])
        for value in self.session.get_inputs():
            # Ready means warmed up, as for infold-serve.
            shape = [size if isinstance(size, int) else 1 for size in value.shape]
            self.session.run(None, {value.name: numpy.zeros(shape, numpy.float32)})
        self.ready = True
        return True

    def predict(self, payload, headers=None, response_headers=None):
        results = self.session.run(None, {value.name: value.as_numpy() for value in payload.inputs})
        outputs = []
        for value, result in zip(self.session.get_outputs(), results):
            output = kserve.InferOutput(value.name, list(result.shape), "FP32")
            output.set_data_from_numpy(result, binary_data=True)
            outputs.append(output)
        return kserve.InferResponse(payload.id or "0", self.name, outputs, use_binary_outputs=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[kserve.model_server.parser])
    parser.add_argument("models", nargs="+")
    models = [OnnxModel(*argument.split("=", 1)) for argument in parser.parse_args().models]
    for model in models:
        model.load()
    kserve.ModelServer().start(models)
