Binput0J‹‚>éŠ?)Ês½m™
ÀÍ@µBh>Ml©?