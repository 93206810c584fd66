//! Accounts whose private keys are public: the first ones of the phrase that development nodes start with.

use alloy::primitives::{Address, address};

/// Whether everyone knows the private key of this account.
pub fn is_public_knowledge(account: Address) -> bool {
    ACCOUNTS.contains(&account)
}

/// As many as a local chain of this project funds, along `m/44'/60'/0'/0/INDEX`.
const ACCOUNTS: [Address; 64] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
    address!("Bcd4042DE499D14e55001CcbB24a551F3b954096"),
    address!("71bE63f3384f5fb98995898A86B02Fb2426c5788"),
    address!("FABB0ac9d68B0B445fB7357272Ff202C5651694a"),
    address!("1CBd3b2770909D4e10f157cABC84C7264073C9Ec"),
    address!("dF3e18d64BC6A983f673Ab319CCaE4f1a57C7097"),
    address!("cd3B766CCDd6AE721141F452C550Ca635964ce71"),
    address!("2546BcD3c84621e976D8185a91A922aE77ECEc30"),
    address!("bDA5747bFD65F08deb54cb465eB87D40e51B197E"),
    address!("dD2FD4581271e230360230F9337D5c0430Bf44C0"),
    address!("8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199"),
    address!("09DB0a93B389bEF724429898f539AEB7ac2Dd55f"),
    address!("02484cb50AAC86Eae85610D6f4Bf026f30f6627D"),
    address!("08135Da0A343E492FA2d4282F2AE34c6c5CC1BbE"),
    address!("5E661B79FE2D3F6cE70F5AAC07d8Cd9abb2743F1"),
    address!("61097BA76cD906d2ba4FD106E757f7Eb455fc295"),
    address!("Df37F81dAAD2b0327A0A50003740e1C935C70913"),
    address!("553BC17A05702530097c3677091C5BB47a3a7931"),
    address!("87BdCE72c06C21cd96219BD8521bDF1F42C78b5e"),
    address!("40Fc963A729c542424cD800349a7E4Ecc4896624"),
    address!("9DCCe783B6464611f38631e6C851bf441907c710"),
    address!("1BcB8e569EedAb4668e55145Cfeaf190902d3CF2"),
    address!("8263Fce86B1b78F95Ab4dae11907d8AF88f841e7"),
    address!("cF2d5b3cBb4D7bF04e3F7bFa8e27081B52191f91"),
    address!("86c53Eb85D0B7548fea5C4B4F82b4205C8f6Ac18"),
    address!("1aac82773CB722166D7dA0d5b0FA35B0307dD99D"),
    address!("2f4f06d218E426344CFE1A83D53dAd806994D325"),
    address!("1003ff39d25F2Ab16dBCc18EcE05a9B6154f65F4"),
    address!("9eAF5590f2c84912A08de97FA28d0529361Deb9E"),
    address!("11e8F3eA3C6FcF12EcfF2722d75CEFC539c51a1C"),
    address!("7D86687F980A56b832e9378952B738b614A99dc6"),
    address!("9eF6c02FB2ECc446146E05F1fF687a788a8BF76d"),
    address!("08A2DE6F3528319123b25935C92888B16db8913E"),
    address!("e141C82D99D85098e03E1a1cC1CdE676556fDdE0"),
    address!("4b23D303D9e3719D6CDf8d172Ea030F80509ea15"),
    address!("C004e69C5C04A223463Ff32042dd36DabF63A25a"),
    address!("5eb15C0992734B5e77c888D713b4FC67b3D679A2"),
    address!("7Ebb637fd68c523613bE51aad27C35C4DB199B9c"),
    address!("3c3E2E178C69D4baD964568415a0f0c84fd6320A"),
    address!("35304262b9E87C00c430149f28dD154995d01207"),
    address!("D4A1E660C916855229e1712090CcfD8a424A2E33"),
    address!("Ee7f6A930B29d7350498Af97f0F9672EaecbeeFf"),
    address!("145e2dc5C8238d1bE628F87076A37d4a26a78544"),
    address!("D6A098EbCc5f8Bd4e174D915C54486B077a34A51"),
    address!("042a63149117602129B6922ecFe3111168C2C323"),
    address!("a0EC9eE47802CeB56eb58ce80F3E41630B771b04"),
    address!("e8B1ff302A740fD2C6e76B620d45508dAEc2DDFf"),
    address!("Ab707cb80e7de7C75d815B1A653433F3EEc44c74"),
    address!("0d803cdeEe5990f22C2a8DF10A695D2312dA26CC"),
    address!("1c87Bb9234aeC6aDc580EaE6C8B59558A4502220"),
    address!("4779d18931B35540F84b0cd0e9633855B84df7b8"),
    address!("C0543b0b980D8c834CBdF023b2d2A75b5f9D1909"),
    address!("73B3074ac649A8dc31c2C90a124469456301a30F"),
    address!("265188114EB5d5536BC8654d8e9710FE72C28c4d"),
    address!("924Ba5Ce9f91ddED37b4ebf8c0dc82A40202fc0A"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::development;
    use alloy_signer_local::PrivateKeySigner;
    use devstack::Wallet;

    #[test]
    fn they_are_the_accounts_of_a_local_chain() {
        let wallets = Wallet::all().map(|wallet| {
            let key: PrivateKeySigner = wallet.private_key().parse().expect("a key");
            key.address()
        });
        assert_eq!(wallets.collect::<Vec<_>>(), ACCOUNTS);
    }

    #[test]
    fn every_account_of_the_development_configuration_is_among_them() {
        for account in development::ACCOUNTS {
            assert!(is_public_knowledge(account.address), "{}", account.role);
        }
        assert!(!is_public_knowledge(Address::repeat_byte(1)));
    }
}
