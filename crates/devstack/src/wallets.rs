//! The private keys of the local chain's accounts. They are public and must not be used elsewhere.

use std::fmt;

/// One account of the local chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wallet {
    index: usize,
}

impl Wallet {
    /// The account with this place in the derivation from [`crate::anvil::MNEMONIC`].
    ///
    /// # Panics
    /// When the local chain has no such account.
    pub fn at(index: usize) -> Self {
        assert!(
            index < PRIVATE_KEYS.len(),
            "the local chain has {} accounts",
            PRIVATE_KEYS.len()
        );
        Self { index }
    }

    /// All accounts, in the order of their derivation.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PRIVATE_KEYS.len()).map(|index| Self { index })
    }

    /// The place in the derivation.
    pub fn index(self) -> usize {
        self.index
    }

    /// The private key: 64 hexadecimal digits without a prefix.
    pub fn private_key(self) -> &'static str {
        PRIVATE_KEYS[self.index]
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallet({})", self.index)
    }
}

/// Derived along `m/44'/60'/0'/0/INDEX`.
const PRIVATE_KEYS: [&str; crate::anvil::ACCOUNTS as usize] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    "f214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897",
    "701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82",
    "a267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1",
    "47c99abed3324a2707c28affff1267e45918ec8c3f20b8aa892e8b065d2942dd",
    "c526ee95bf44d8fc405a158bb884d9d1238d99f0612e9f33d006bb0789009aaa",
    "8166f546bab6da521a8369cab06c5d2b9e46670292d85c875ee9ec20e84ffb61",
    "ea6c44ac03bff858b476bba40716402b03e41b8e97e276d1baec7c37d42484a0",
    "689af8efa8c651a91ad287602527f3af2fe9f6501a7ac4b061667b5a93e037fd",
    "de9be858da4a475276426320d5e9262ecfc3ba460bfac56360bfa6c4c28b4ee0",
    "df57089febbacf7ba0bc227dafbffa9fc08a93fdc68e1e42411a14efcf23656e",
    "eaa861a9a01391ed3d587d8a5a84ca56ee277629a8b02c22093a419bf240e65d",
    "c511b2aa70776d4ff1d376e8537903dae36896132c90b91d52c1dfbae267cd8b",
    "224b7eb7449992aac96d631d9677f7bf5888245eef6d6eeda31e62d2f29a83e4",
    "4624e0802698b9769f5bdb260a3777fbd4941ad2901f5966b854f953497eec1b",
    "375ad145df13ed97f8ca8e27bb21ebf2a3819e9e0a06509a812db377e533def7",
    "18743e59419b01d1d846d97ea070b5a3368a3e7f6f0242cf497e1baac6972427",
    "e383b226df7c8282489889170b0f68f66af6459261f4833a781acd0804fafe7a",
    "f3a6b71b94f5cd909fb2dbb287da47badaa6d8bcdc45d595e2884835d8749001",
    "4e249d317253b9641e477aba8dd5d8f1f7cf5250a5acadd1229693e262720a19",
    "233c86e887ac435d7f7dc64979d7758d69320906a0d340d2b6518b0fd20aa998",
    "85a74ca11529e215137ccffd9c95b2c72c5fb0295c973eb21032e823329b3d2d",
    "ac8698a440d33b866b6ffe8775621ce1a4e6ebd04ab7980deb97b3d997fc64fb",
    "f076539fbce50f0513c488f32bf81524d30ca7a29f400d68378cc5b1b17bc8f2",
    "5544b8b2010dbdbef382d254802d856629156aba578f453a76af01b81a80104e",
    "47003709a0a9a4431899d4e014c1fd01c5aad19e873172538a02370a119bae11",
    "9644b39377553a920edc79a275f45fa5399cbcf030972f771d0bca8097f9aad3",
    "caa7b4a2d30d1d565716199f068f69ba5df586cf32ce396744858924fdf827f0",
    "fc5a028670e1b6381ea876dd444d3faaee96cffae6db8d93ca6141130259247c",
    "5b92c5fe82d4fabee0bc6d95b4b8a3f9680a0ed7801f631035528f32c9eb2ad5",
    "b68ac4aa2137dd31fd0732436d8e59e959bb62b4db2e6107b15f594caf0f405f",
    "c95eaed402c8bd203ba04d81b35509f17d0719e3f71f40061a2ec2889bc4caa7",
    "55afe0ab59c1f7bbd00d5531ddb834c3c0d289a4ff8f318e498cb3f004db0b53",
    "c3f9b30f83d660231203f8395762fa4257fa7db32039f739630f87b8836552cc",
    "3db34a7bcc6424e7eadb8e290ce6b3e1423c6e3ef482dd890a812cd3c12bbede",
    "ae2daaa1ce8a70e510243a77187d2bc8da63f0186074e4a4e3a7bfae7fa0d639",
    "5ea5c783b615eb12be1afd2bdd9d96fae56dda0efe894da77286501fd56bac64",
    "f702e0ff916a5a76aaf953de7583d128c013e7f13ecee5d701b49917361c5e90",
    "7ec49efc632757533404c2139a55b4d60d565105ca930a58709a1c52d86cf5d3",
    "755e273950f5ae64f02096ae99fe7d4f478a28afd39ef2422068ee7304c636c0",
    "af6ecabcdbbfb2aefa8248b19d811234cd95caa51b8e59b6ffd3d4bbc2a6be4c",
    "70c2bd1b41084c2e2238551eace483321f8c1a413a471c3b49c8a5d1d6b3d0c4",
    "cb8e373c93609268cdcec93450f3578b92bb20c3ac2e77968d106025005f97b5",
    "6f29f6e0b750bcdd31c3403f48f11d72215990375b6d23380b39c9bbf854a7d3",
    "ff249f7eba6d8d3a65794995d724400a23d3b0bd1714265c965870ef47808be8",
    "5599a7be5589682da3e0094806840e8510dae6493665a701b06c59cbe9d97968",
    "93de2205919f5b472723722fedb992e962c34d29c4caaedd82cd33e16f1fd3cf",
    "d20ecf81c6c3ad87a4e8dbeb7ceef41dd0eebc7a1657efb9d34e47217694b5cb",
    "e4058704ed240d68a94b6fb226824734ddabd4b1fe37bc85ce22f5b17f98830e",
    "4ae4408221b5042c0ee36f6e9e6b586a00d0452aa89df2e7f4f5aec42152ec43",
    "0e7c38ba429fa5081692121c4fcf6304ca5895c6c86d31ed155b0493c516107f",
    "d5df67c2e4da3ff9c8c6045d9b7c41581efeb2a3660921ad4ba863cc4b8c211c",
    "92456ac1fa1ef65a04fb4689580ad5e4cda7369f3620ef3a02fa4015725f460a",
    "65b10e7d7315bb8b7f7c6eefcbd87b36ad4007c4ade9c032354f016e84ad9c5e",
    "365820b3376c77dab008476d49f7cd7af87fc7bbd57dc490378106c3353b2b33",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_account_is_the_one_every_local_chain_shows() {
        let first = Wallet::all().next().map(Wallet::private_key);
        assert_eq!(
            first,
            Some("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
        );
    }

    #[test]
    fn no_key_is_listed_twice() {
        let keys: std::collections::HashSet<_> = Wallet::all().map(Wallet::private_key).collect();
        assert_eq!(keys.len(), 64);
    }
}
