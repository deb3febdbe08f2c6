/// All float32 kernels, compiled for one instruction set.
public protocol KernelSet: ConvolutionKernels, LanewiseKernels, PointwiseKernels {}
