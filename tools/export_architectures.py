"""The architectures that export-networks.py exports: those of timm, torchvision, and
export_own_networks.py."""
from dataclasses import dataclass

import torch
from torch import nn

TIMM = """
resnet18 mobilenetv2_100 efficientnet_b0 convnext_atto vit_tiny_patch16_224 swin_tiny_patch4_window7_224 regnety_008 densenet121
mobilenetv4_conv_small mobilenetv3_large_100 efficientnet_b0_gn tf_efficientnetv2_b0 inception_v3 convnextv2_atto deit_tiny_patch16_224
eva02_tiny_patch14_224 levit_128 mvitv2_tiny poolformer_s12 mobilevit_xs mobilevitv2_050 fastvit_t8 rexnet_100 convmixer_768_32
swiftformer_xs coatnet_nano_rw_224 maxvit_pico_rw_256 ghostnet_100 ghostnetv2_100 gmlp_ti16_224 mixer_s32_224 xcit_nano_12_p16_224
cait_xxs24_224 edgenext_xx_small hrnet_w18_small dla34 dpn48b nfnet_l0 resnest14d skresnet18 selecsls42b tresnet_m volo_d1_224
pit_ti_224 visformer_tiny tiny_vit_5m_224 efficientformer_l1 efficientformerv2_s0 repvit_m0_9 starnet_s1 hgnetv2_b0
ese_vovnet19b_slim_dw cspresnet50 cspdarknet53 cs3darknet_focus_s darknet53 mobileone_s0 repghostnet_100 inception_next_atto
focalnet_tiny_srf davit_tiny nest_tiny twins_svt_small convit_tiny crossvit_9_240 beit_base_patch16_224 deit3_small_patch16_224
hiera_tiny_224 sequencer2d_s rdnet_tiny mambaout_femto shvit_s1 swinv2_cr_tiny_224 swinv2_tiny_window8_256 nextvit_small pvt_v2_b0
lcnet_050 tinynet_e mnasnet_small fbnetc_100 hardcorenas_a resmlp_12_224 lambda_resnet26t halonet26t botnet26t_256 gernet_s
gcresnet33ts resnetv2_50d_gn resnetv2_50d_evos bat_resnext26ts eca_botnext26ts_256 eca_nfnet_l0 csatv2 fasternet_t0 caformer_s18
convformer_s18 vit_relpos_small_patch16_224 vit_small_patch14_dinov2 vit_small_patch16_dinov3 gcvit_xxtiny resnext50_32x4d
seresnext26t_32x4d res2net50_26w_4s mixnet_s tf_efficientnet_b0 tf_mobilenetv3_large_100 regnetx_004 legacy_senet154 xception41
wide_resnet50_2 efficientnet_es ecaresnet26t resnet50 resnet50_gn mobilenet_edgetpu_v2_xs mobilenetv4_hybrid_medium
mobilenetv5_300m_enc regnetz_b16 semnasnet_100 vit_base_patch32_clip_224 vit_xsmall_patch16_clip_224 samvit_base_patch16_224
tnt_s_patch16_224 coat_lite_tiny convnext_tiny resnet101 xcit_tiny_12_p8_224 nf_regnet_b0 dm_nfnet_f0 gmixer_12_224
""".split()

# With the size of their picture, or the shape of their input.
TORCHVISION = {
    "squeezenet1_1": 224, "shufflenet_v2_x1_0": 224, "vgg11_bn": 224, "alexnet": 224, "googlenet": 224, "mnasnet0_5": 224,
    "mobilenet_v3_small": 224, "efficientnet_v2_s": 224, "regnet_y_400mf": 224, "swin_v2_t": 224, "vit_b_32": 224, "maxvit_t": 224,
    "lraspp_mobilenet_v3_large": 320, "deeplabv3_mobilenet_v3_large": 320, "deeplabv3_resnet50": 256, "fcn_resnet50": 256,
    "r3d_18": (1, 3, 8, 112, 112), "mc3_18": (1, 3, 8, 112, 112), "r2plus1d_18": (1, 3, 8, 112, 112), "s3d": (1, 3, 16, 224, 224),
    "mvit_v2_s": (1, 3, 16, 224, 224), "swin3d_t": (1, 3, 8, 112, 112), "raft_small": (1, 3, 128, 128),
    "retinanet_resnet50_fpn": 320, "fasterrcnn_mobilenet_v3_large_320_fpn": 320, "fcos_resnet50_fpn": 320, "ssd300_vgg16": 300,
    "ssdlite320_mobilenet_v3_large": 320, "keypointrcnn_resnet50_fpn": 320, "maskrcnn_resnet50_fpn": 320,
}


@dataclass(frozen=True)
class Architecture:
    """A network of a library, with its name there."""

    library: str
    name: str

    @property
    def exporters(self):
        """The exporters of PyTorch that support it. torch.export cannot trace the dynamic number of
        boxes of a detector."""
        return ("script",) if self.library == "torchvision" and is_detector(self.name) else ("script", "dynamo")

    def make(self, seed):
        """The module, ready for inference except for its parameters, and its inputs."""
        torch.manual_seed(seed)
        module, inputs = globals()[f"make_{self.library}"](self.name)
        return module.eval(), inputs


def make_timm(name):
    import timm

    module = timm.create_model(name, pretrained=False)
    size = module.pretrained_cfg.get("input_size") or (3, 224, 224)
    if size[1] > 384:
        size = (3, 256, 256)
        module = timm.create_model(name, pretrained=False, img_size=256) if "vit" in name else module
    if name.startswith(("mobileone", "fastvit", "repghost", "repvit")):  # as they are meant to be used
        from timm.utils.model import reparameterize_model

        module = reparameterize_model(module)
    return module, [torch.randn(1, *size)]


class First(nn.Module):
    """A network of torchvision with tensors instead of dictionaries and lists."""

    def __init__(self, module, kind):
        super().__init__()
        self.module, self.kind = module, kind

    def forward(self, *inputs):
        if self.kind == "segmentation":
            return self.module(*inputs)["out"]
        if self.kind == "flow":
            return self.module(*inputs)[-1]
        return tuple(self.module(list(inputs[0]))[0].values())


def make_torchvision(name):
    import torchvision

    options = {"num_classes": 21} if "rcnn" in name else {}
    module = torchvision.models.get_model(name, weights=None, **backbone_options(name), **options)
    size = TORCHVISION[name]
    shape = (1, 3, size, size) if isinstance(size, int) else size
    inputs = [torch.randn(shape)]
    if name.startswith("raft"):
        return First(module, "flow"), [*inputs, torch.randn(shape)]
    if name.startswith(("lraspp", "deeplab", "fcn")):
        return First(module, "segmentation"), inputs
    if is_detector(name):
        return First(module, "detection"), [torch.rand(shape)]
    return module, inputs


def is_detector(name):
    return any(part in name for part in ("rcnn", "retinanet", "ssd", "fcos"))


def backbone_options(name):
    segments = name.startswith(("lraspp", "deeplab", "fcn"))
    return {"weights_backbone": None} if segments or is_detector(name) else {}


def make_own(name):
    import export_own_networks

    return getattr(export_own_networks, name)()


def architectures():
    """All architectures, ordered such that any prefix contains some of each library."""
    import export_own_networks

    lists = [
        [Architecture("own", function.__name__) for function in export_own_networks.NETWORKS],
        [Architecture("torchvision", name) for name in TORCHVISION],
        [Architecture("timm", name) for name in TIMM],
    ]
    placed = [((i + 0.5) / len(part), entry) for part in lists for i, entry in enumerate(part)]
    return [entry for _, entry in sorted(placed, key=lambda pair: pair[0])]
