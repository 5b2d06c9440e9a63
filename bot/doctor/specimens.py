"""One picture or packet of each codec, as a browser could send it: a slope of grey, 64x64; a tone of 440 Hz, 20 ms."""

from base64 import b64decode
from collections.abc import Mapping

from mixer.frame import Codec

SIDE = 64  # pixels of each picture
MEAN_LUMA = 110  # of each picture

PICTURES: Mapping[Codec, bytes] = {
    Codec.VP8: b64decode(
        "UAcAnQEqQABAAAAHCIWFiJmEiAICnB3gP8BuP4JcD+AP6AlgueiE+B3W6OMTF+gAX9ktIj0elwmQdbBSZJcFeVVKyAD+/2Dv"
        "/+Uz/+afX++bP/9SN+vobNLTsVG7RuH//5G/j50b/yOP//8s/YO9u/5YwKEM2AAc+kcny36VsGXq+YSdi7gI0GYXCy2jARoN"
        "eD/Nzl/MIszSotA/QEA27pScbN3GAA=="
    ),
    Codec.VP9: b64decode(
        "gkmDQgAD8AP2ADgkHBhCAAAwcAAAaYf//uTBhWyHwX/qMPx51yCJfYTiu0zw/////plr/////aMigVPwAMGT7/53FRJBg/B+"
        "vZy1a/27vJ0H/4ZP7GEWAy0iEGZE8GgKBiAAAAAAAA=="
    ),
    Codec.H264: b64decode(
        "AAAAAWdkEAqsuITQgAAAAwCAAAAeQgAAAAFo7jLIsAAAAAFliIQEf/brMc8N/9Z9Bu68R6D3hJdr/WI2Ubam/9gJEnfGkrjO"
        "e70iYne4m3lIE9LYpnxZkeTUMTc2gTs0l8XcCAmppofYVal45l0sTUTzCFYKmTRH+Z4pKnjcdrSomG/96LHSiATjGJVcQrCs"
        "vNTtH8+Zv6Ofb7yORvDCy09GGMe2wi3rk0fACYdArwsTOraAZqLcjzi3ookB"
    ),
    Codec.AV1: b64decode(
        "EgAKCgAAAAKv/41fMAgyTxAAggIAAAPgAIBzmYsi+2MeZ/oPARsd0Nv+P73c9azdaJHg6OWaKbj5VMoL4m48I0kqN6sskaRz"
        "RcSNHkJi2pOCI135GiLu8abwEqNEZBA="
    ),
}

SOUNDS: Mapping[Codec, bytes] = {
    Codec.OPUS: b64decode(
        "eILiXWyemawAAAgK4Fb6mrqPWLwXf7wbLiTfg2fhmQsbXtnnTk3TyWqawvvIUY/EX9Rg9FnoNVk1UNMtAezy4/CpzFEdXoad"
        "+jfWVvT9uSCSZiSROLLz2zSA2PWMgQ=="
    ),
    Codec.PCMU: bytes(range(160)),
    Codec.PCMA: bytes(range(160)),
    Codec.G722: bytes(range(160)),
}
